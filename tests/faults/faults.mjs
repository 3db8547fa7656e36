// ./dev faults: rounds of load under faults, each checked. docs/reliability.md explains them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stack } from '../e2e/support/settings.mjs';
import { breakages } from './breakages.mjs';
import { startChecking } from './checking.mjs';

const { values } = parseArgs({
    options: {
        rounds: { type: 'string', default: '3' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
        seconds: { type: 'string', default: '12' },
        break: { type: 'string' },
    },
});
const [rounds, seed, seconds] = ['rounds', 'seed', 'seconds'].map((name) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1)
        throw new Error(`--${name} is '${values[name]}': a whole number from 1`);
    return number;
});
if (values.break !== undefined && !(values.break in breakages)) {
    throw new Error(`there is no rule '${values.break}' to break, but: ${Object.keys(breakages).join(', ')}`);
}

const total = {};
const add = (counts) => {
    for (const [name, number] of Object.entries(counts)) total[name] = (total[name] ?? 0) + number;
};
const findings = [];
const settled = [];

const checking = await startChecking();
for (const { kind, why } of checking.skipped) console.log(`skipped: ${kind}, since ${why}`);
for (let round = 0; round < rounds; round++) {
    const broken = values.break ? ` --break ${values.break}` : '';
    const again = `--rounds 1 --seed ${seed + round} --seconds ${seconds}${broken}`;
    console.log(`round ${round + 1} of ${rounds}: ${again}`);
    const { counts, plan, violations, settledMs } = await checking.round({
        seed: seed + round,
        seconds,
        breakage: breakages[values.break],
        log: (line) => console.log(`  ${line}`),
    });
    add(counts);
    settled.push(settledMs);
    for (const { kind } of plan) add({ [`fault: ${kind}`]: 1 });
    findings.push(...violations.map((violation) => ({ seed: seed + round, ...violation })));
    console.log(
        `  ${counts.messages} messages, ${counts.acknowledged} acknowledged; quiet after ${Math.round(settledMs)} ms;` +
            ` ${violations.length} violations`,
    );
    for (const { rule, detail } of violations.slice(0, 10)) console.log(`  ${rule}: ${detail}`);
}
await checking.end();

const summary = {
    seed,
    rounds,
    seconds,
    break: values.break,
    total,
    strikes: checking.strikes,
    slowest_settled_ms: Math.round(Math.max(...settled)),
    findings,
};
writeFileSync(join(stack.folder, 'faults.json'), `${JSON.stringify(summary, undefined, 4)}\n`);
console.log(`\nseed ${seed}, ${rounds} rounds of ${seconds} s`);
for (const [name, number] of Object.entries(total).sort()) console.log(`${String(number).padStart(9)}  ${name}`);
for (const [name, number] of Object.entries(checking.strikes).sort())
    console.log(`${String(number).padStart(9)}  statements: ${name}`);
console.log(
    findings.length === 0
        ? 'No violation.'
        : `${findings.length} violations: ${[...new Set(findings.map(({ rule }) => rule))].join(', ')}`,
);
const caught =
    values.break === undefined
        ? findings.length === 0
        : findings.some(({ rule }) => breakages[values.break].caught.includes(rule));
if (values.break !== undefined)
    console.log(
        caught ? `The checker has noticed: ${breakages[values.break].title}.` : 'THE CHECKER HAS NOTICED NOTHING.',
    );
process.exit(caught ? 0 : 1);
