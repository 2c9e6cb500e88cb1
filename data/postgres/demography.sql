-- The tables of the model "demography", for a bank that begins, or to try tellerdesk with:
--
--     psql bank < demography.sql
--     tellerdesk generate --to postgresql://me@localhost/bank --customers 10000
--
-- PostgreSQL 12 and later. What exists is left alone. The tables are made where the search_path leads first.
--
-- Keys. The key of each table is the key of tellerdesk's copy: it must never be given to another row, and it is what
-- the tables are read by, in order and in small steps, so that no reader stands in the bank's way. It is the replica
-- identity as well, by which the log tells updates and deletes: a table that has none must never be published, for its
-- updates and deletes would fail from then on. REPLICA IDENTITY FULL is not needed, and makes the log larger.
--
-- Indexes. The bank asks for one customer's products and assets: that is what those on cif are for. tellerdesk asks
-- its own copy, and needs none of them. Others (on name, city, store) can come at any time, and go: the copy does not
-- notice.
--
-- Foreign keys can be added: what ON DELETE CASCADE and ON UPDATE CASCADE do stands in the log, row by row. There are
-- none here so that the generator may write and delete in any order.
--
-- Types. What is followed is the text the server writes of a value, so every type can be: text for varchar, bigint for
-- integer, timestamptz for timestamp are as good. Blanks at the end of char(n) mean nothing, and are not copied.

CREATE TABLE IF NOT EXISTS store (
	store_id varchar(16) NOT NULL,
	name varchar(200),
	city varchar(100),
	PRIMARY KEY (store_id)
);

-- registered_at is the wall clock of the bank's zone (Asia/Jakarta in the model), to the microsecond; a timestamp with
-- time zone would be shown by the clock of that zone.
-- changed_by is who wrote the row last: it becomes part of each version of the history.
CREATE TABLE IF NOT EXISTS customer_info (
	cif bigint NOT NULL,
	name varchar(200) NOT NULL,
	birthdate date,
	gender char(1),
	address varchar(300),
	city varchar(100),
	country char(2),
	email varchar(200),
	phone varchar(40),
	store_id varchar(16),
	registered_at timestamp(6) without time zone,
	changed_by varchar(64),
	PRIMARY KEY (cif)
);

CREATE TABLE IF NOT EXISTS bank_product (
	productid bigint NOT NULL,
	cif bigint,
	producttype varchar(40),
	opendate date,
	status varchar(20),
	PRIMARY KEY (productid)
);
CREATE INDEX IF NOT EXISTS bank_product_cif ON bank_product (cif);

-- Money is numeric: exact here, in the log and in the copy.
CREATE TABLE IF NOT EXISTS customer_asset (
	assetid bigint NOT NULL,
	cif bigint,
	assettype varchar(40),
	assetvalue numeric(18,2),
	valuation_date date,
	PRIMARY KEY (assetid)
);
CREATE INDEX IF NOT EXISTS customer_asset_cif ON customer_asset (cif);
