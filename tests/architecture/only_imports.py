"""A kind of import-linter contract: modules import what is listed, the standard library, themselves, nothing else."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyImports(Contract):
    """`modules` and all below them may import `allowed` and all below these. An `exempt` module may import anything.

    A list of what is allowed stays right when a library is added; a list of what is forbidden does not.
    """

    type_name = "only_imports"

    modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())
    exempt = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        strays = [
            f"{importer} -> {imported}"
            for importer in sorted(self._members(graph))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._may_import(imported)
        ]
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stray in check.metadata["strays"]:
            output.print_error(stray)

    def _members(self, graph: ImportGraph) -> set[str]:
        exempt: list[str] = self.exempt or []  # type: ignore[assignment]
        return {m for m in graph.modules if _is_below(m, self.modules) and not _is_below(m, exempt)}  # type: ignore[arg-type]

    def _may_import(self, imported: str) -> bool:
        allowed: list[str] = [*self.allowed, *self.modules]  # type: ignore[misc]
        return imported.split(".", maxsplit=1)[0] in sys.stdlib_module_names or _is_below(imported, allowed)


def _is_below(module: str, roots: list[str]) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)
