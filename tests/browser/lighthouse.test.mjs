// Lighthouse on the log-in page and on a conversation of 1,000 messages, as on a phone and as on a desk.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { stack } from '../e2e/support/api.mjs';
import { launchProfile } from './support/browser.mjs';
import { conversationOf, logInTo } from './support/people.mjs';

const least = { performance: 0.9, accessibility: 1, 'best-practices': 1 };
const folder = mkdtempSync(join(tmpdir(), 'sotto-lighthouse-'));
let context, port, people;

const freePort = () =>
    new Promise((resolve) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port: found } = server.address();
            server.close(() => resolve(found));
        });
    });

before(async () => {
    port = await freePort();
    // A profile of its own, since Lighthouse opens its page in that and not in a context of Playwright's.
    context = await launchProfile(folder, [`--remote-debugging-port=${port}`, '--ignore-certificate-errors']);
    people = await conversationOf(1000);
});

after(async () => {
    await context?.close();
    rmSync(folder, { recursive: true, force: true });
});

/** One run of Lighthouse, or up to three where it finds the page slow: what else the machine does can only make it slower. */
async function measure(t, path, config) {
    const options = { port, logLevel: 'error', onlyCategories: Object.keys(least), disableStorageReset: true };
    for (let runs = 1; ; runs++) {
        const { lhr } = await lighthouse(stack.url + path, options, config);
        const performance = lhr.categories.performance.score ?? 0;
        if (performance >= least.performance || runs === 3) return lhr;
        t.diagnostic(`measured again: performance ${Math.round(performance * 100)} ${lhr.runtimeError?.message ?? ''}`);
    }
}

/** Prints Lighthouse's scores; fails where one is below what is asked for, and says why. */
async function assertScores(t, path, config) {
    const lhr = await measure(t, path, config);
    assert.equal(lhr.runtimeError, undefined, lhr.runtimeError?.message);
    const scores = Object.entries(lhr.categories).map(([name, { score }]) => [name, score]);
    const times = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'speed-index'];
    t.diagnostic(scores.map(([name, score]) => `${name} ${Math.round(score * 100)}`).join(', '));
    t.diagnostic(times.map((id) => `${id} ${lhr.audits[id].displayValue}`).join(', '));
    for (const [name, score] of scores) {
        const lacking = lhr.categories[name].auditRefs
            .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1)
            .map(({ id }) => `${id}: ${lhr.audits[id].title} ${JSON.stringify(lhr.audits[id].details?.items ?? lhr.audits[id].displayValue)}`);
        assert.ok(score >= least[name], `${name}: ${score * 100}\n${lacking.join('\n')}`);
        if (lacking.length) t.diagnostic(`${name}: ${lacking.map((line) => line.split(' ')[0]).join(' ')}`);
    }
    return lhr;
}

const presets = { phone: undefined, desk: desktopConfig };

for (const [name, config] of Object.entries(presets)) {
    test(`logging in, on a ${name}`, async (t) => {
        const lhr = await assertScores(t, '/', config);
        assert.equal(new URL(lhr.finalDisplayedUrl).pathname, '/');
    });
}

for (const [name, config] of Object.entries(presets)) {
    test(`a conversation of 1,000 messages, on a ${name}`, async (t) => {
        await logInTo(context, people.alice);
        const page = await context.newPage();
        await page.goto(stack.url); // leaves in the profile that somebody is logged in
        await page.locator('.conversations li').waitFor();
        await page.close();
        const lhr = await assertScores(t, `/#/with/${people.bob.name}`, config);
        const elements = lhr.audits['dom-size-insight'].details.debugData.totalElements;
        t.diagnostic(`${elements} elements`);
        assert.ok(elements > 400, 'that was not the conversation');
    });
}
