// ./dev bench: measures each figure in rotation with its references, in rounds, and prints medians, spread and ratios. docs/performance.md explains
// them.

import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { makeData, makeTokens } from './data.mjs';
import { figures, prepare } from './figures.mjs';
import { median } from './numbers.mjs';
import { sql } from './stack.mjs';

const rounds = Number(process.env.SOTTO_BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.SOTTO_BENCH_SECONDS ?? 4); // a measurement
const scale = Number(process.env.SOTTO_BENCH_SCALE ?? 1);

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(figures);
for (const name of names) {
    if (!(name in figures)) throw new Error(`there is no figure '${name}', but: ${Object.keys(figures).join(', ')}`);
}

function show(value) {
    return value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

console.error('bench: making the data');
makeData(scale);
const context = await prepare(makeTokens());

const measured = Object.fromEntries(names.map((name) => [name, {}]));
for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
        console.error(`bench: round ${round} of ${rounds}: ${figures[name].title}`);
        for (const [label, value] of Object.entries(await figures[name].values(context, seconds))) {
            (measured[name][label] ??= []).push(value);
        }
    }
}

const results = names.map((name) => {
    const { title, unit } = figures[name];
    const [first] = Object.values(measured[name]);
    const values = Object.entries(measured[name]).map(([label, all], i) => ({
        label,
        median: median(all),
        least: Math.min(...all),
        most: Math.max(...all),
        // Of the first value in the same round, since only that is comparable.
        ...(i > 0 && unit ? { ratio: median(first.map((value, round) => value / all[round])) } : {}),
    }));
    return { name, title, unit, values };
});

for (const { title, unit, values } of results) {
    console.log(`\n${title}`);
    for (const { label, median: middle, least, most, ratio } of values) {
        const spread = `${show(least)} – ${show(most)}`;
        console.log(`  ${label.padEnd(26)}${(show(middle) + unit).padStart(12)}   ${spread.padEnd(20)}${ratio ? `  × ${ratio.toFixed(2)}` : ''}`);
    }
}

const file = process.env.SOTTO_BENCH_RESULT;
const settings = sql("SHOW VARIABLES WHERE Variable_name IN ('version', 'innodb_buffer_pool_size', 'innodb_flush_log_at_trx_commit')");
const machine = { cpu: cpus()[0].model, cores: cpus().length, memory: totalmem(), kernel: release(), node: process.version };
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), commit: process.env.SOTTO_COMMIT, machine, settings: Object.fromEntries(settings), rounds, seconds, scale, results }, null, 2)}\n`);
console.error(`\nbench: written to ${file}`);
