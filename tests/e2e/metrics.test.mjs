// What Prometheus is told, through nginx: the sum over all workers, those that were killed included, and the hub.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { eventually, newcomer, stack, stranger } from './support/api.mjs';
import { curl } from './support/curl.mjs';
import { sendAll } from './support/load.mjs';
import { service, workers } from './support/stack.mjs';

const monitoring = new URL('../../monitoring/', import.meta.url);
const read = (name) => readFileSync(new URL(name, monitoring), 'utf8');

/** A process that is being replaced may be gone already. */
function kill(pid) {
    try {
        process.kill(pid, 'SIGKILL');
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;
    }
}

async function page() {
    const answer = await fetch(stack.metricsUrl);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    return answer.text();
}

/** The page's series, strictly read: every sample's family is described before it, and nothing comes twice. */
function parse(text) {
    const [series, families] = [new Map(), new Map()];
    let family;
    for (const line of text.trimEnd().split('\n')) {
        const [, keyword, name, rest] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
        if (keyword === 'HELP') {
            assert.ok(!families.has(name), `${name} comes twice`);
            families.set((family = name), undefined);
        } else if (keyword === 'TYPE') {
            assert.equal(name, family);
            assert.match(rest, /^(counter|gauge|histogram)$/);
            families.set(name, rest);
        } else {
            const [, id, metric, value] = /^(([a-z_]+)(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (\S+)$/.exec(line) ?? [];
            assert.ok(id, line);
            const base = families.get(family) === 'histogram' ? metric.replace(/_(bucket|sum|count)$/, '') : metric;
            assert.equal(base, family, line);
            assert.ok(!series.has(id) && Number.isFinite(Number(value)), line);
            series.set(id, Number(value));
        }
    }
    return series;
}

const metrics = async () => parse(await page());
const sent = (series) => series.get('sotto_requests_total{method="POST",route="/api/v1/messages",status="201"}') ?? 0;

let alice, bob;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.sendTexts(bob.name, 1);
});

const letters = (count) =>
    Array.from({ length: count }, (_, i) => ({ key: `${alice.name}-${i}`, recipient: bob.name, type: 'text', text: `${i}` }));

test('every request is counted once, whichever worker had it, and in no worker that dies is a count lost', async () => {
    const start = sent(await metrics());
    const first = await sendAll(alice, letters(100));
    assert.ok(first.every(({ status }) => status === 201));
    await eventually('the first hundred', 5, async () => sent(await metrics()) === start + 100);

    const old = workers();
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await eventually('new workers', 20, () => workers().length === old.length && !workers().some((pid) => old.includes(pid)));
    await eventually('service again', 20, async () => (await stranger.get('/readyz', { root: true })).status === 200);
    assert.equal(sent(await metrics()), start + 100);

    await alice.sendTexts(bob.name, 20);
    await eventually('twenty more', 5, async () => sent(await metrics()) === start + 120);
    const series = await metrics();
    const died = (name) => series.get(`${name}{pool="api"}`);
    assert.ok(
        died('sotto_worker_starts_total') - died('sotto_worker_clean_stops_total') - died('sotto_workers') >= old.length,
    );
});

test('under load, with workers killed, no counter ever gets smaller', async () => {
    const counters = (series) => [...series].filter(([id]) => /_(total|bucket|sum|count)(\{|$)/.test(id) && !id.includes('hub'));
    let done = false;
    const load = Promise.all([1, 2, 3].map((n) => sendAll(alice, letters(150).map((m) => ({ ...m, key: `${m.key}-${n}` }))))).finally(
        () => (done = true),
    );
    let last = new Map();
    let looks = 0;
    while (!done) {
        const victim = workers()[0];
        if (victim) kill(victim);
        const answer = await fetch(stack.metricsUrl);
        if (answer.status !== 200) continue; // the worker that had it was killed
        const now = parse(await answer.text());
        const shrunk = counters(last).filter(([id, value]) => (now.get(id) ?? 0) < value);
        assert.deepEqual(shrunk, []);
        last = now;
        looks++;
    }
    await load;
    assert.ok(looks > 3, 'the load was over too soon to show anything');
});

test('workers, their queue, the database and passwords have figures', async () => {
    const attempt = () => stranger.post('/sessions', { user_name: bob.name, password: 'wrong, surely' });
    const passwords = (series) => series.get('sotto_password_duration_seconds_count');
    const start = passwords(await metrics());
    assert.equal((await attempt()).status, 401);
    await eventually('one more hash', 5, async () => passwords(await metrics()) === start + 1);
    // Those that the test before killed come back, and a worker is busy for a moment after its answer has gone.
    await eventually('as many workers as there are processes, and none busy with passwords', 10, async () => {
        const series = await metrics();
        const running = (pool) => series.get(`sotto_workers{pool="${pool}"}`) === workers(pool).length;
        return running('api') && running('auth') && series.get('sotto_workers_busy{pool="auth"}') === 0;
    });
    const series = await metrics();
    assert.ok(series.get('sotto_workers_busy{pool="api"}') >= 1, 'at least the one that answers');
    for (const pool of ['api', 'auth']) {
        const [count, sum] = ['count', 'sum'].map((what) => series.get(`sotto_queue_duration_seconds_${what}{pool="${pool}"}`));
        assert.ok(count > 0 && sum / count < 10, `${sum} s over ${count} requests`);
    }
    assert.ok(series.get('sotto_database_duration_seconds_count') > 0);
});

test('no label comes from a path that a client sends', async () => {
    await stranger.plain('GET', '/api/v1/made-up-by-a-client');
    await stranger.plain('MADEUP', '/api/v1/users');
    assert.doesNotMatch(await page(), /made-up|MADEUP/);
});

test('only the local listener knows /metrics', async () => {
    assert.equal((await stranger.plain('GET', '/metrics')).status, 404);
    assert.equal((await stranger.plain('GET', '/hub')).status, 404);
    // The listener without TLS redirects whatever it is asked, and says nothing else.
    assert.equal((await curl('GET', `${stack.plainUrl}/metrics`)).status, 308);
    const { origin } = new URL(stack.metricsUrl);
    for (const path of ['/', '/hub', '/api/v1/users/me', '/livez', '/index.html'])
        assert.equal((await fetch(origin + path)).status, 404, path);
    const { port } = new URL(stack.metricsUrl);
    const config = readFileSync(`${stack.folder}/nginx/sotto.conf`, 'utf8');
    assert.match(config, new RegExp(`listen 127\\.0\\.0\\.1:${port};`));
});

test('a hub that is down shows as one', async () => {
    assert.equal((await metrics()).get('sotto_hub_up'), 1);
    service('down', 'hub');
    try {
        assert.equal((await metrics()).get('sotto_hub_up'), 0);
    } finally {
        service('up', 'hub');
    }
    await eventually('the hub again', 10, async () => (await metrics()).get('sotto_hub_up') === 1);
});

test('every series that the dashboard, the alerts and the text name is there', async () => {
    const names = new Set([...(await page()).matchAll(/^([a-z_]+)[{ ]/gm)].map(([, name]) => name));
    const documented = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    for (const text of [read('sotto-dashboard.json'), read('sotto-alerts.yml'), read('sotto-alerts.test.yml')]) {
        const used = [...text.matchAll(/\bsotto_[a-z_]+/g)].map(([name]) => name);
        assert.ok(used.length > 10);
        assert.deepEqual(
            used.filter((name) => !names.has(name)),
            [],
        );
    }
    for (const family of (await page()).matchAll(/^# TYPE ([a-z_]+)/gm))
        assert.ok(documented.includes(`\`${family[1]}`), `${family[1]} is not in docs/metrics.md`);
    for (const [, alert] of read('sotto-alerts.yml').matchAll(/alert: (\w+)/g)) {
        assert.ok(documented.includes(`\`${alert}\``), `${alert} is not in docs/metrics.md`);
        assert.ok(read('sotto-alerts.test.yml').includes(`alertname: ${alert}`), `${alert} is not tested`);
    }
});

const promtool = (() => {
    try {
        execFileSync('promtool', ['--version'], { stdio: 'ignore' });
        return true;
    } catch {
        return false;
    }
})();

test('promtool agrees', { skip: !promtool && "there is no promtool here: it is in Debian's package prometheus" }, async () => {
    const run = (args, input = '') => execFileSync('promtool', args, { input, cwd: monitoring, encoding: 'utf8' });
    run(['check', 'rules', 'sotto-alerts.yml']);
    run(['test', 'rules', 'sotto-alerts.test.yml']);
    assert.equal(run(['check', 'metrics'], await page()), '');
});
