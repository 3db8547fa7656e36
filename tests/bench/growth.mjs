// ./dev bench --growth [--large]: the same figures with ten times the messages each time, at 8, 64 and 512 connections. Prints medians, and writes
// them as JSON and as a plot.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeData, makeTokens, messagesAt } from './data.mjs';
import { prepare, prepareUnchanged } from './figures.mjs';
import { median } from './numbers.mjs';
import { plot } from './plot.mjs';
import { load, stack } from './stack.mjs';

const rounds = Number(process.env.SOTTO_BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.SOTTO_BENCH_SECONDS ?? 6); // a measurement; 512 handshakes take their part
const scales = process.argv.includes('--large') ? [0.1, 1, 10] : [0.1, 1];
const connections = [8, 64, 512];
// Sends come last: they change what a 304 is asked for.
const figures = { page: 'page of 50', unchanged: '304', inbox: 'inbox', send: 'durable send' };

const results = [];
for (const scale of scales) {
    console.error(`growth: making ${messagesAt(scale).toLocaleString('en')} messages`);
    makeData(scale);
    const { files, tokens } = await prepare(makeTokens());
    files.unchanged = (await prepareUnchanged(tokens)).file;
    for (const name of Object.keys(figures)) {
        const measured = new Map(connections.map((count) => [count, []]));
        for (let round = 0; round < rounds; round++) {
            for (const count of connections) measured.get(count).push(await load(files[name], { seconds, connections: count, allowRefusals: true }));
        }
        for (const [count, all] of measured) {
            const rates = all.map(({ rate }) => rate);
            const result = { figure: name, messages: messagesAt(scale), connections: count, median: median(rates), least: Math.min(...rates), most: Math.max(...rates), refused: all.reduce((sum, { refused }) => sum + refused, 0) };
            results.push(result);
            console.log(`${figures[name].padEnd(14)}${result.messages.toLocaleString('en').padStart(11)} messages ${String(count).padStart(4)} connections ${Math.round(result.median).toLocaleString('en').padStart(7)}/s   ${Math.round(result.least)} – ${Math.round(result.most)}   refused ${result.refused}`);
        }
    }
}

const file = process.env.SOTTO_BENCH_RESULT;
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), commit: process.env.SOTTO_COMMIT, rounds, seconds, results }, null, 2)}\n`);
const panels = Object.entries(figures).map(([name, title]) => ({
    title,
    lines: connections.map((count) => ({
        label: `${count} connections`,
        points: results.filter((r) => r.figure === name && r.connections === count).map(({ messages, median: y, least, most }) => ({ x: messages, y, least, most })),
    })),
}));
writeFileSync(join(stack.folder, 'growth.svg'), plot({ panels, x: 'messages', y: 'requests a second' }));
console.error(`\ngrowth: written to ${file} and growth.svg beside it`);
