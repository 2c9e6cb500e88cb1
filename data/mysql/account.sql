-- The account tellerdesk follows a MySQL (5.7 and later) or MariaDB (10.3 and later) server with.
--
-- Copy this file, readable by you alone, put in what stands between @ signs, and run the copy as an administrator:
--
--     @DATABASE@   the database that holds the bank's tables
--     @PASSWORD@   a password of the account's own, in quotes: 'like this'
--
-- As it stands it is refused by the server before anything is done, so no account is ever made with a password
-- that is known. The password then goes into an option file of the teller's, never into a URL or a command:
-- tellerdesk-mysql(7) says where.

-- Encrypted connections only: what travels is customers' data. Name the branches' own network instead of '%' where
-- there is one. A server without a certificate cannot serve this account. MySQL 5.6 wants REQUIRE SSL at the end of
-- the next GRANT instead of here.
CREATE USER 'tellerdesk'@'%' IDENTIFIED BY @PASSWORD@ REQUIRE SSL;

-- To copy the tables, and to read what they look like now: names and types of columns, keys, foreign keys. The whole
-- database, since a table that is altered or swapped in under a name must be readable at once. Where other tables of
-- it are nobody's business, take this away and name those of the model instead:
--     GRANT SELECT ON `@DATABASE@`.customer_info TO 'tellerdesk'@'%';
GRANT SELECT ON `@DATABASE@`.* TO 'tellerdesk'@'%';

-- To be sent the binary log, as a replica is. The log holds the changes of every database of the server: the account
-- must be guarded as one that may read them all.
GRANT REPLICATION SLAVE ON *.* TO 'tellerdesk'@'%';

-- To ask where the log ends and which files of it there are. MariaDB 10.5 and later call it BINLOG MONITOR and take
-- this name as well.
GRANT REPLICATION CLIENT ON *.* TO 'tellerdesk'@'%';

-- Nothing else: tellerdesk writes nothing, locks nothing, and changes no setting of the server.
-- With capture=triggers the binary log is not read, and the last two are not needed.
