// A short round against a stack of its own, and then each rule broken on purpose, which the checker has to notice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breakages } from './breakages.mjs';
import { startChecking } from './checking.mjs';

const seed = Number(process.env.SOTTO_FAULTS_SEED ?? Math.floor(Math.random() * 1e6));
let checking;

before(async () => {
    checking = await startChecking();
});

after(() => checking.end());

test('a round under faults breaks no promise', async (t) => {
    for (const { kind, why } of checking.skipped) t.diagnostic(`skipped: ${kind}, since ${why}`);
    const seconds = 10;
    t.diagnostic(`./dev faults --rounds 1 --seed ${seed} --seconds ${seconds}`);
    const { counts, violations, settledMs } = await checking.round({
        seed,
        seconds,
        log: (line) => t.diagnostic(line),
    });
    t.diagnostic(`${JSON.stringify(counts)}; quiet after ${Math.round(settledMs)} ms`);
    assert.deepEqual(violations, []);
    assert.ok(counts.acknowledged > 100, 'so few messages show nothing');
});

for (const [name, breakage] of Object.entries(breakages)) {
    test(`noticed: ${breakage.title}`, async (t) => {
        const { violations } = await checking.round({
            seed,
            seconds: 1.5,
            breakage,
            calm: true,
            log: (line) => t.diagnostic(line),
        });
        const rules = [...new Set(violations.map(({ rule }) => rule))];
        t.diagnostic(`--break ${name}: ${rules.join(', ')}`);
        assert.ok(
            rules.some((rule) => breakage.caught.includes(rule)),
            `none of: ${breakage.caught.join(', ')}`,
        );
    });
}
