// What the suites have run, of each folder and file, from llvm-cov's export; and whether that is enough.
//
// llvm-cov export -skip-functions … | node report.mjs TOP
//
// The table goes to standard error, then what falls short; standard output is "PASSED FAILED", in cases.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { branchesOf, findExemptions } from './branches.mjs';
import { neededLines, unreachable, whole } from './rules.mjs';

const top = process.argv[2];

const files = JSON.parse(readFileSync(0, 'utf8'))
    .data[0].files.map((file) => ({ ...file, name: path.relative(top, file.filename) }))
    .filter(({ name }) => !/^(tests|build|\.\.)\//.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The sums of several files, or of one. */
function sum(some) {
    const total = { lines: 0, linesRun: 0, sides: 0, sidesTaken: 0 };
    for (const { summary, branches } of some) {
        total.lines += summary.lines.count;
        total.linesRun += summary.lines.covered;
        total.sides += branches.length;
        total.sidesTaken += branches.filter(({ count }) => count > 0).length;
    }
    return total;
}

function percent(part, all) {
    return all === 0 ? '' : `${(Math.floor((part * 1000) / all) / 10).toFixed(1)} %`;
}

function row(name, ...columns) {
    console.error(name.padEnd(28) + columns.map((column) => column.padStart(10)).join(''));
}

function print(name, { lines, linesRun, sides, sidesTaken }) {
    row(name, percent(linesRun, lines), `${linesRun}/${lines}`, percent(sidesTaken, sides), `${sidesTaken}/${sides}`);
}

let passed = 0;
const failures = [];
function check(good, failure) {
    if (good) {
        ++passed;
    } else {
        failures.push(failure);
    }
}

for (const file of files) {
    file.branches = branchesOf(file.branches, readFileSync(file.filename, 'utf8').split('\n'));
}
row('', 'lines', '', 'branches', '');
for (const folder of [...new Set(files.map(({ name }) => path.dirname(name)))]) {
    const inside = files.filter(({ name }) => path.dirname(name) === folder);
    print(`${folder}/`, sum(inside));
    for (const file of inside) {
        print(`  ${path.basename(file.name)}`, sum([file]));
    }
}
const total = sum(files);
print('all', total);

check(total.linesRun >= total.lines * neededLines, `less than ${neededLines * 100} % of lines`);
const { exempt, idle } = findExemptions(files, unreachable);
for (const entry of idle) {
    check(false, `rules.mjs: ${entry.file}: '${entry.code}' is not there, or is reached`);
}
for (const name of whole) {
    const parts = files.filter((file) => file.name === name || file.name.startsWith(name));
    const missing = parts.flatMap((file) =>
        file.branches
            .filter((branch) => branch.count === 0 && !exempt.has(branch))
            .map(({ line, code, side }) => `  ${file.name}:${line}: never ${side}: ${code}`),
    );
    check(parts.length > 0 && missing.length === 0, [`${name}: branches that are not taken`, ...missing].join('\n'));
}
console.error(`${exempt.size} branches are exempt, as tests/coverage/rules.mjs says`);
for (const failure of failures) {
    console.error(`FAILED: ${failure}`);
}
console.log(passed, failures.length);
