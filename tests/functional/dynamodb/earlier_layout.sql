BEGIN TRANSACTION;
CREATE TABLE documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
INSERT INTO "documents" VALUES('dynamodb-counter','table','2');
INSERT INTO "documents" VALUES('dynamodb-table','items','{"id":1,"uuid":"8f08bc28-33dd-4b05-81bc-b38ac293be0e","name":"items","arn":"arn:aws:dynamodb:us-east-1:000000000000:table/items","created_at":1795746402.748,"schema":{"hash":{"name":"pk","kind":"S"},"range":{"name":"sk","kind":"N"}},"indexes":[{"name":"gsi","number":1,"local":false,"schema":{"hash":{"name":"g","kind":"S"},"range":{"name":"sk","kind":"N"}},"projection":"ALL","include":[],"throughput":{"read":0,"write":0}}],"on_demand":true,"on_demand_since":1795746402.748,"throughput":{"read":0,"write":0},"table_class":null,"stream":null,"last_stream":null,"ttl_attribute":"x","deletion_protection":false,"encryption":null,"backups":false,"recovery_days":35,"tags":[],"policy":null,"next_index":2}');
INSERT INTO "documents" VALUES('dynamodb-table','other','{"id":2,"uuid":"81923b74-2b77-4cc7-a9b8-9a359dfc0abd","name":"other","arn":"arn:aws:dynamodb:us-east-1:000000000000:table/other","created_at":1795746402.749,"schema":{"hash":{"name":"pk","kind":"S"},"range":null},"indexes":[],"on_demand":true,"on_demand_since":1795746402.749,"throughput":{"read":0,"write":0},"table_class":null,"stream":null,"last_stream":null,"ttl_attribute":null,"deletion_protection":false,"encryption":null,"backups":false,"recovery_days":35,"tags":[],"policy":null,"next_index":1}');
CREATE TABLE dynamodb_index (
    tbl INTEGER, idx INTEGER, pk BLOB, sk BLOB, item_pk BLOB, item_sk BLOB,
    PRIMARY KEY (tbl, idx, pk, sk, item_pk, item_sk)
) WITHOUT ROWID;
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'01',X'40F89E395B66422F61',X'01');
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'02010002',X'8472C2E34D854F7562',X'02010002');
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'02010003',X'40F89E395B66422F61',X'02010003');
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'02010004',X'8472C2E34D854F7562',X'02010004');
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'02010005',X'40F89E395B66422F61',X'02010005');
INSERT INTO "dynamodb_index" VALUES(1,1,X'6C767CD8AEDB30BC67',X'02010006',X'8472C2E34D854F7562',X'02010006');
CREATE TABLE dynamodb_items (
    tbl INTEGER, pk BLOB, sk BLOB, body TEXT, size INTEGER, expires INTEGER, PRIMARY KEY (tbl, pk, sk)
) WITHOUT ROWID;
INSERT INTO "dynamodb_items" VALUES(1,X'40F89E395B66422F61',X'01','{"pk":{"S":"a"},"sk":{"N":"0"},"g":{"S":"g"},"text":{"S":"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"}}',1212,NULL);
INSERT INTO "dynamodb_items" VALUES(1,X'40F89E395B66422F61',X'02010003','{"pk":{"S":"a"},"sk":{"N":"2"},"g":{"S":"g"},"text":{"S":"ééé"}}',19,NULL);
INSERT INTO "dynamodb_items" VALUES(1,X'40F89E395B66422F61',X'02010005','{"pk":{"S":"a"},"sk":{"N":"4"},"g":{"S":"g"},"text":{"S":"ééé"}}',19,NULL);
INSERT INTO "dynamodb_items" VALUES(1,X'8472C2E34D854F7562',X'02010002','{"pk":{"S":"b"},"sk":{"N":"1"},"g":{"S":"g"},"text":{"S":"ééé"},"x":{"N":"1795000000"}}',23,1795000000);
INSERT INTO "dynamodb_items" VALUES(1,X'8472C2E34D854F7562',X'02010004','{"pk":{"S":"b"},"sk":{"N":"3"},"g":{"S":"g"},"text":{"S":"ééé"}}',19,NULL);
INSERT INTO "dynamodb_items" VALUES(1,X'8472C2E34D854F7562',X'02010006','{"pk":{"S":"b"},"sk":{"N":"5"},"g":{"S":"g"},"text":{"S":"ééé"}}',19,NULL);
INSERT INTO "dynamodb_items" VALUES(2,X'40F89E395B66422F61',X'','{"pk":{"S":"a"},"b":{"B":"AAE="}}',6,NULL);
CREATE TABLE dynamodb_stream (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl INTEGER, label TEXT, at REAL, body TEXT
);
CREATE INDEX dynamodb_expiry ON dynamodb_items (expires) WHERE expires IS NOT NULL;
CREATE INDEX dynamodb_stream_shard ON dynamodb_stream (tbl, label, seq);
DELETE FROM "sqlite_sequence";
COMMIT;
