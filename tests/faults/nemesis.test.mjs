import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPlan } from './nemesis.mjs';
import { accidents } from './proxy.mjs';
import { Random } from './random.mjs';

test('the same seed draws the same plan, another one another', () => {
    assert.deepEqual(drawPlan(new Random(7), 60), drawPlan(new Random(7), 60));
    assert.notDeepEqual(drawPlan(new Random(7), 60), drawPlan(new Random(8), 60));
});

test('of the processes, and of the proxy, one fault at a time', () => {
    const plan = drawPlan(new Random(7), 600);
    for (const ofProxy of [false, true]) {
        const lane = plan.filter(({ kind }) => kind in accidents === ofProxy);
        assert.ok(lane.length > 100, String(lane.length));
        lane.slice(1).forEach(({ at }, i) => assert.ok(at > lane[i].at + lane[i].seconds));
    }
});

test('each kind that this machine can do comes up', () => {
    const kinds = new Set(drawPlan(new Random(7), 3600).map(({ kind }) => kind));
    assert.ok(Object.keys(accidents).every((kind) => kinds.has(kind)));
    assert.ok(
        ['worker killed', 'hub killed', 'nginx reloaded', 'MariaDB killed', 'MariaDB stopped'].every((kind) =>
            kinds.has(kind),
        ),
    );
});
