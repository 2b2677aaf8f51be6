DROP TABLE usage;
CREATE TABLE usage(region, sample, rss AS (hex(zeroblob(400000))), swap AS (abs(-9223372036854775808)), anon, huge, doubt);
INSERT INTO usage(region, sample) SELECT id, first FROM region;
