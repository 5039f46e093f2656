-- The database and its roles, run by the superuser at each start. psql variables hold the passwords.
-- weft_owner owns the database and makes the tables; the services' roles own nothing and obey row-level security.

SELECT format('CREATE ROLE %I', role)
FROM unnest(ARRAY['weft_owner', 'weft_memory', 'weft_memory_loops', 'weft_accounts', 'weft_graph',
                  'weft_graph_loops', 'weft_extraction', 'weft_extraction_loops']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

ALTER ROLE weft_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_owner';
ALTER ROLE weft_memory LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_memory';
ALTER ROLE weft_memory_loops LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_memory_loops';
ALTER ROLE weft_accounts LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_accounts';
ALTER ROLE weft_graph LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_graph';
ALTER ROLE weft_graph_loops LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_graph_loops';
ALTER ROLE weft_extraction LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'weft_extraction';
ALTER ROLE weft_extraction_loops LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS
    PASSWORD :'weft_extraction_loops';

SELECT format('CREATE DATABASE %I OWNER weft_owner', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO weft_memory, weft_memory_loops, weft_accounts, weft_graph, weft_graph_loops,
    weft_extraction, weft_extraction_loops;

-- Only a superuser may make an extension; the graph service compares vectors with this one.
\connect :"database"
CREATE EXTENSION IF NOT EXISTS vector;
