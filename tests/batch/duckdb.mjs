// SPDX-License-Identifier: GPL-3.0-or-later
//
// duckdb.mjs FOLDER <SQL: runs statements by the npm package @duckdb/node-api, which is in FOLDER, and prints the rows
// of the last one, fields by commas.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { DuckDBInstance } = createRequire(`${process.argv[2]}/`)('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
let rows = [];
for (const statement of readFileSync(0, 'utf8').split(/;\s*\n/).filter((s) => s.trim()))
	rows = (await connection.runAndReadAll(statement)).getRowsJson();
for (const row of rows)
	console.log(row.map((v) => v ?? '').join(','));
