-- The account tellerdesk follows a PostgreSQL (12 and later) server with, and the publication that says what it is sent.
--
-- Copy this file, readable by you alone, put in what stands between @ signs, and run the copy in the bank's database, as
-- a superuser or as the owner of the tables who may make roles (psql -f account.sql bank):
--
--     @DATABASE@   the database that holds the bank's tables
--     @PASSWORD@   a password of the account's own, in quotes: 'like this'
--
-- As it stands it is refused by the server before anything is done, so no account is ever made with a password
-- that is known. The password then goes into a password file of the teller's (~/.pgpass), never into a URL or a command:
-- tellerdesk-postgresql(7) says where. All of it is one transaction: it is done as a whole or not at all.

BEGIN;

-- LOGIN, and REPLICATION to make and read its own replication slots. Who has REPLICATION may read the changes of the
-- whole database, published or not: the account must be guarded as one that may. A server that logs statements
-- (log_statement) logs this one, password and all: leave the password out then, and give it by psql's \password, which
-- sends it hashed. In a second database of the same server leave out the statement. Where the account comes in is a
-- matter of pg_hba.conf, by a line for this database (none for "replication" is needed), from the branches' own network
-- and encrypted:
--     hostssl  @DATABASE@  tellerdesk  10.0.0.0/8  scram-sha-256
CREATE ROLE tellerdesk LOGIN REPLICATION PASSWORD @PASSWORD@;
GRANT CONNECT ON DATABASE "@DATABASE@" TO tellerdesk;

-- To copy the tables, and to read what they look like now. Another schema than public: name it here, give its tables in
-- full below, and tell tellerdesk (?schema=NAME). Row security would hide rows from the account: where a table has
-- policies, ALTER ROLE tellerdesk BYPASSRLS.
GRANT USAGE ON SCHEMA public TO tellerdesk;
GRANT SELECT ON customer_info, bank_product, customer_asset, store TO tellerdesk;

-- What is sent: these tables, and no others. Never FOR ALL TABLES: a table without a primary key (or another replica
-- identity) that is published refuses the bank's own updates and deletes. Where one of them is partitioned (13 and
-- later), end the statement by WITH (publish_via_partition_root = true).
CREATE PUBLICATION tellerdesk FOR TABLE customer_info, bank_product, customer_asset, store;

-- So that the publication cannot do that: a table of it, or a partition, without an identity undoes all of the above.
DO $$
DECLARE
	missing text;
BEGIN
	SELECT string_agg(c.oid::regclass::text, ', ') INTO missing
	FROM pg_publication p
	JOIN pg_publication_rel r ON r.prpubid = p.oid
	JOIN pg_class c ON c.oid = r.prrelid OR c.oid IN (SELECT relid FROM pg_partition_tree(r.prrelid))
	WHERE p.pubname = 'tellerdesk' AND c.relkind = 'r' AND NOT CASE c.relreplident
		WHEN 'f' THEN true
		WHEN 'd' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
		WHEN 'i' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident)
		ELSE false END;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'updates and deletes of % would fail once it is published', missing
			USING HINT = 'give it a primary key, or a REPLICA IDENTITY, or leave it out';
	END IF;
END
$$;

COMMIT;

-- Settings of the server, once, by its administrator. wal_level needs a restart. Each console keeps a replication slot,
-- and while it is off the server keeps the log for it: max_slot_wal_keep_size (13 and later) says how much at most, so
-- that a console nobody switches on again cannot fill the disk. A console whose log was given up compares all rows, and
-- shows the gap.
--     ALTER SYSTEM SET wal_level = logical;
--     ALTER SYSTEM SET max_replication_slots = 20;        -- one for each console, and some
--     ALTER SYSTEM SET max_wal_senders = 20;
--     ALTER SYSTEM SET max_slot_wal_keep_size = '20GB';
--
-- To retire one console, on it:
--     tellerdesk detach
-- To retire all, when this shows no slot any more (pg_drop_replication_slot('NAME') drops one whose console is lost):
--     SELECT slot_name, active FROM pg_replication_slots WHERE slot_name LIKE 'tellerdesk%';
--     DROP PUBLICATION tellerdesk;
--     DROP OWNED BY tellerdesk;
--     DROP ROLE tellerdesk;
--
-- Nothing else: tellerdesk writes nothing, locks nothing, and changes no setting of the server.
