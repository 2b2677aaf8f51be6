#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/duckdb.md, as it stands, on the recordings of three machines; its sums against sqlite3.
# shellcheck disable=SC2154

load helper

# block LANGUAGE NAME: of the recipe
block() {
	awk -v want="^\`\`\`$1 $2\$" '/^```/ && on { exit } on { print } $0 ~ want { on = 1 }' "$fixture_top/doc/duckdb.md"
}

# duckdb <SQL: the home directory of the tests does not exist, and is not to be made
duckdb() { HOME=$PACKAGES node "$batch_dir/duckdb.mjs" "$PACKAGES"; }

# duck [NAME...]: the rows of the last of these blocks
duck() {
	local name
	for name; do block sql "$name"; done | (cd "$DIR" && duckdb)
}

setup_file() {
	local machine file maps
	export PACKAGES=${builddir:-$PWD}/tests/duckdb DIR=$BATS_FILE_TMPDIR/fleet
	command -v node >/dev/null && command -v npm >/dev/null || return 0
	# once for this build: it is large
	[ -e "$PACKAGES/node_modules/@duckdb/node-api" ] || {
		mkdir -p "$PACKAGES"
		HOME=$PACKAGES timeout 120 npm install --prefix "$PACKAGES" --no-audit --no-fund @duckdb/node-api \
			>"$BATS_FILE_TMPDIR/npm" 2>&1 || return 0
	}
	mkdir -p "$DIR"
	for machine in web1:zoo web2:huge db1:java; do
		ROOT=$BATS_FILE_TMPDIR/root-$machine
		PID=$(perl "$fixture_dir/make" "$fixture_dir/${machine#*:}.fix" "$ROOT")
		file=$DIR/${machine%:*}.pmtop
		"$PMTOP" --proc-root "$ROOT" --record "$file" --interval 3600 "$PID" 2>/dev/null 3>&- &
		until "$PMTOP" --list "$file" >/dev/null 2>&1; do kill -0 $! || return; done
		[ "$machine" != web1:zoo ] || {
			target_gains 1000000 50 51 52
			# another size: another region; pmtop has the file open
			maps=$(sed 's/^01000000-01040000 /01000000-01050000 /' "$ROOT/$PID/maps")
			echo "$maps" >"$ROOT/$PID/maps"
		}
		kill -INT $! && wait $!
	done
	command -v sqlite3 >/dev/null || return 0
	sqlite3 "$DIR/web1.pmtop" 'UPDATE sample SET written = 7 WHERE id > 1'
	(cd "$DIR" && sh -eu <(block sh csv))
}

setup() {
	command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not installed"
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	[ -e "$PACKAGES/node_modules/@duckdb/node-api" ] || skip "npm cannot install @duckdb/node-api here"
}

# of_each QUERY: what sqlite3 says of each recording, MACHINE,ROW
of_each() {
	local machine
	for machine in db1 web1 web2; do
		sqlite3 -csv "$DIR/$machine.pmtop" "$1" | sed "s/^/$machine,/"
	done
}

@test "recordings of many machines become Parquet, and are asked together" {
	duck csv parquet
	[ -s "$DIR/samples.parquet" ] && [ -s "$DIR/regions.parquet" ]
	is "$(duck machines | sort)" "$(of_each 'SELECT n.name, count(*), min(rss) * 4096, max(rss) * 4096,
		(SELECT rss FROM sample ORDER BY id DESC LIMIT 1) * 4096, sum(written) * 4096
		FROM sample s JOIN session n ON n.id = s.session' | tr -d '"')"
	is "$(duck growth)" "heap,[heap],$((3 * 4096)),1"
	is "$(duck minutes | awk -F, '{ sum += $3; rss += $2 } END { print (NR >= 1), (sum >= 3), (rss > 0) }')" "1 1 1"
}

@test "DuckDB attaches recordings as they are" {
	local how
	how=$(cd "$DIR" && sh -eu <(block sh attach))
	duckdb <<<"${how%%;*};" >/dev/null 2>&1 || skip "DuckDB cannot load its extension sqlite here"
	{ echo "${how//;/$';\n'}"; block sql parquet; block sql machines; } |
		(cd "$DIR" && duckdb) >"$BATS_TEST_TMPDIR/attached"
	duck csv parquet machines | diff "$BATS_TEST_TMPDIR/attached" -
}
