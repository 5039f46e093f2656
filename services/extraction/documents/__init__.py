"""From a document's bytes to its chunks, its sections, and what it says and speaks of. Pure, deterministic, no model.

decoding     bytes as text, and what is said of those that are none
outline      where a text has its headings, and where it may be cut
pdf          a PDF as text (in a process of its own: loops.pdf)
cutting      slices, chunks, sections
facts        what a chunk says; phrasing: the phrases by which it tells what kind that is
entities     what it speaks of, and what the whole document does; gazetteer: names whose kind is known
findings     both, as they are recorded
"""
