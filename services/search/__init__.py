"""The search service: vectors and the index.

Owns what can be found and how it is ranked. Hears EVENTS, and from DERIVED the graph's ranks. Says DERIVED (embeddings,
each made once) and answers to SearchMemories. Keeps one Qdrant collection per workspace, which can be made anew.
"""
