"""Content at rest is sealed (AES-256-GCM): a key for each thing, wrapped by its workspace's, wrapped by the master key.

How a service seals what it keeps:

- Its schema has the tables `workspace_keys` and `data_keys` (the DDL is in memory's migration 0011: copy it, with the
  roles of your own schema). The key of a thing is found by a `key_id` of the service's choice, such as a memory_id.
- `Database(..., keyring=keyring)` with `keyring = Keyring(Masters(settings.read_master_keys))`; settings are a
  `SealingSettings`. Each transaction then knows the keys that were met in it (`connection.opened`); nothing of that
  outlives it but the opened keys of workspaces (`Keyring`).
- To read: let the statement say `LEFT JOIN data_keys` and return `wrapped` as a column, run it with
  `tables.sealed_rows`, and unseal each row: `keys = tables.opened(connection, workspace_id)`, then
  `keys.learn(key_id, row["wrapped"])` and `keys.of(key_id).unseal(row["sealed"], *place)`.
- To write: `keys = await tables.enter(connection, workspace_id)`, `await tables.ensure(connection, keys, key_ids)`, and
  `keys.of(key_id).seal(plain, *place)`. `keys.of(None)` is the workspace's own key, for what belongs to no one thing.
- `place` is the additional data: texts that say where the ciphertext stands (table, workspace, id, version, ...). What
  was put elsewhere, or is of another version, does not open: `Unreadable`.
- To delete: `await tables.destroy(connection, keys, key_ids)` in the transaction that removes the rows. A key that is
  made under the same id afterwards is another one.
- To compare without reading (is it the same text?): `keys.workspace.mark(text)`, a keyed hash.
- At the start: `kit.schema.Schema` refuses where a master key is missing; for `weft-admin rekey`: `tables.rewrap`.
"""
