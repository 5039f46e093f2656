"""What an import orders: a line of an export each."""

from uuid import UUID

from contracts.base import relationship_id
from contracts.commands.base import Command
from contracts.transfer import ConsolidationLine, MemoryLine, ObservationsLine, RelationshipLine, SessionLine


class ImportMemory(Command):
    """Takes a memory over as it was elsewhere. One that is here, or was, stays as it is."""

    verb = "import"

    line: MemoryLine

    @property
    def memory_id(self) -> str:
        return self.line.memory_id

    @property
    def entity_id(self) -> str:
        return self.line.memory_id


class ImportConsolidation(Command):
    """Folds memories that were imported, as they were folded elsewhere."""

    verb = "import-consolidation"

    line: ConsolidationLine

    @property
    def memory_id(self) -> str:
        return self.line.memory_id

    @property
    def entity_id(self) -> str:
        return self.line.memory_id


class ImportRelationship(Command):
    """Takes over what was said elsewhere of two memories that are here."""

    entity = "relationship"
    verb = "import"

    line: RelationshipLine

    @property
    def relationship_id(self) -> UUID:
        ends = (self.line.source_memory_id, self.line.target_memory_id)
        return relationship_id(self.workspace_id, *ends, self.line.relationship_type)

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)


class ImportSession(Command):
    """Takes a session over as it was elsewhere, without its job."""

    entity = "session"
    verb = "import"

    line: SessionLine

    @property
    def session_id(self) -> str:
        return self.line.session_id

    @property
    def entity_id(self) -> str:
        return self.line.session_id


class ImportObservations(Command):
    """Takes over what was observed in a session that was imported, whether or not it has ended."""

    entity = "session"
    verb = "import-observations"

    line: ObservationsLine

    @property
    def session_id(self) -> str:
        return self.line.session_id

    @property
    def entity_id(self) -> str:
        return self.line.session_id
