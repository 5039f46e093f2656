-- The database and its roles, made by psql as the superuser; may be done again. Passwords come from the environment: a
-- command line is public.
-- weft_owner owns the database and makes the tables; the services' roles own nothing and obey row-level security.

\getenv weft_owner PASSWORD_WEFT_OWNER
\getenv weft_memory PASSWORD_WEFT_MEMORY
\getenv weft_memory_loops PASSWORD_WEFT_MEMORY_LOOPS
\getenv weft_accounts PASSWORD_WEFT_ACCOUNTS
\getenv weft_graph PASSWORD_WEFT_GRAPH
\getenv weft_graph_loops PASSWORD_WEFT_GRAPH_LOOPS
\getenv weft_extraction PASSWORD_WEFT_EXTRACTION
\getenv weft_extraction_loops PASSWORD_WEFT_EXTRACTION_LOOPS
\getenv database POSTGRES_DATABASE

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

-- Whatever the server's own encoding is: where no locale was named when it was made, that is SQL_ASCII.
SELECT format('CREATE DATABASE %I OWNER weft_owner ENCODING ''UTF8'' TEMPLATE template0', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO weft_memory, weft_memory_loops, weft_accounts, weft_graph, weft_graph_loops,
    weft_extraction, weft_extraction_loops;

-- Only a superuser may make an extension; the graph service compares vectors with this one.
\connect :"database"
CREATE EXTENSION IF NOT EXISTS vector;
