// More requests than workers and their queue take: what is refused is refused quickly and in the documented form, the
// rest is served as before, what was acknowledged is stored, and afterwards all is as it was.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { stranger } from '../e2e/support/api.mjs';
import { quantile } from '../e2e/support/https.mjs';
import { sql } from '../e2e/support/stack.mjs';
import {
    assertNormal,
    assertRefusal,
    goodRate,
    highestMemory,
    makePairs,
    memoryInUse,
    newDevice,
    pages,
    probe,
    seconds,
    sends,
    shown,
    statuses,
    storm,
    textTo,
    times,
} from './support/storm.mjs';

let pairs, alice, bob;

before(async () => {
    pairs = await makePairs(8);
    [[alice], [bob]] = [await newDevice('alice'), await newDevice('bob')];
    await alice.send(textTo(bob));
});

const median = (numbers) => quantile(numbers, 0.5);
const liveness = () => stranger.get('/livez', { root: true });
const send = () => alice.call('POST', '/messages', { json: textTo(bob) });

for (const [what, requests] of [
    ['pages', () => pages(pairs)],
    ['sends', () => sends(pairs)],
]) {
    // Of 2,048 that ask again at once, most are refused each time.
    test(`512 and 2,048 connections get as many ${what} as few do`, async (t) => {
        const ratios = { 512: [], 2048: [] };
        for (let round = 1; round <= 3; round++) {
            const rates = {};
            for (const connections of [8, 64, 512, 2048])
                // 2,048 handshakes take their time, of which goodRate leaves out the first third.
                rates[connections] = await goodRate(
                    storm(requests(), { connections, duration: connections > 512 ? 9 : 3 }),
                );
            t.diagnostic(Object.entries(rates).map(([count, rate]) => `${count}: ${rate.toFixed()}/s`).join(', '));
            for (const many of [512, 2048]) ratios[many].push(rates[many] / Math.max(rates[8], rates[64]));
        }
        // 0.8 is what is promised; what else runs on a machine may take some of it for itself.
        for (const [many, of] of Object.entries(ratios)) assert.ok(median(of) >= 0.7, `${many}, of the best: ${of}`);
    });
}

// All of the first fit into workers and queue; of the second, three in four do not.
for (const connections of [512, 2048]) {
    test(`${connections} connections that send`, async (t) => {
        const countStored = () => Number(sql('SELECT COUNT(*) FROM messages')[0][0]);
        const [memoryBefore, storedBefore] = [memoryInUse(), countStored()];
        const busy = storm(sends(pairs), { connections });
        const [alive, sent, most] = await Promise.all([probe(busy, liveness), probe(busy, send), highestMemory(busy)]);
        const { requests, refused } = await busy;
        const ended = performance.now();
        await assertNormal(ended, send);
        const [stored, memoryAfter] = [countStored() - storedBefore, memoryInUse()];

        t.diagnostic(`${requests} answers, ${refused} of them refusals; ${stored} messages stored`);
        t.diagnostic(`/livez: ${times(alive)}; sends: ${times(sent)}, ${JSON.stringify(statuses(sent))}`);
        t.diagnostic(`memory before ${shown(memoryBefore)}, at most ${shown(most)}, afterwards ${shown(memoryAfter)}`);
        assert.deepEqual(Object.keys(statuses(alive)), ['200'], '/livez');
        sent.filter(({ status }) => status !== 201).forEach(assertRefusal);
        // wrk leaves without waiting for its last answers.
        const acknowledged = requests - refused;
        assert.ok(
            stored >= acknowledged && stored <= acknowledged + connections + 2 * sent.length,
            `${stored} stored of ${acknowledged}`,
        );
        // MariaDB fills its buffer pool of 256 MiB, the further the longer a storm lasts, and no more than that.
        assert.ok(most.mariadb < 448, `mariadb: ${most.mariadb} MiB`);
        const allowed = { api: 64, auth: 160, hub: 64, nginx: 128, mariadb: Math.max(64, 8 * seconds) };
        for (const [name, mib] of Object.entries(most))
            assert.ok(mib - memoryBefore[name] < allowed[name], `${name}: from ${memoryBefore[name]} to ${mib} MiB`);
    });
}
