-- The tables of the model "demography", for a bank that begins, or to try tellerdesk with:
--
--     mariadb bank < demography.sql              (or mysql)
--     tellerdesk generate --to mysql://me@localhost/bank --customers 10000
--
-- MySQL 5.6 and later, MariaDB 10.3 and later. What exists is left alone.
--
-- Keys. The key of each table is the key of tellerdesk's copy: it must never be given to another row, and it is what
-- the tables are read by, in order and in small steps, so that no reader stands in the bank's way. A row's changes
-- are found in the log by it.
--
-- Indexes. The bank asks for one customer's products and assets: that is what those on cif are for. tellerdesk asks
-- its own copy, and needs none of them. Others (on name, city, store) can come at any time, and go: the copy does not
-- notice.
--
-- No foreign keys: what ON DELETE CASCADE deletes in InnoDB is not in the binary log of MySQL before 9.6, nor of
-- MariaDB. tellerdesk follows cascades among the tables of its model by itself, see tellerdesk-mysql(7); a bank that
-- deletes what belongs to a customer in the same transaction needs neither.

CREATE TABLE IF NOT EXISTS store (
	store_id VARCHAR(16) NOT NULL,
	name VARCHAR(200),
	city VARCHAR(100),
	PRIMARY KEY (store_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- registered_at is the wall clock of the bank's zone (Asia/Jakarta in the model), to the microsecond.
-- changed_by is who wrote the row last: it becomes part of each version of the history.
CREATE TABLE IF NOT EXISTS customer_info (
	cif BIGINT NOT NULL,
	name VARCHAR(200) NOT NULL,
	birthdate DATE,
	gender CHAR(1),
	address VARCHAR(300),
	city VARCHAR(100),
	country CHAR(2),
	email VARCHAR(200),
	phone VARCHAR(40),
	store_id VARCHAR(16),
	registered_at DATETIME(6),
	changed_by VARCHAR(64),
	PRIMARY KEY (cif)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE IF NOT EXISTS bank_product (
	productid BIGINT NOT NULL,
	cif BIGINT,
	producttype VARCHAR(40),
	opendate DATE,
	status VARCHAR(20),
	PRIMARY KEY (productid),
	KEY bank_product_cif (cif)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- Money is DECIMAL: exact here, in the log and in the copy.
CREATE TABLE IF NOT EXISTS customer_asset (
	assetid BIGINT NOT NULL,
	cif BIGINT,
	assettype VARCHAR(40),
	assetvalue DECIMAL(18,2),
	valuation_date DATE,
	PRIMARY KEY (assetid),
	KEY customer_asset_cif (cif)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
