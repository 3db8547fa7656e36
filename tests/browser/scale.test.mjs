// A conversation of 100,000 messages: opened like one of 100, and read back through with a page that stays as small.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { stack } from '../e2e/support/api.mjs';
import { sql } from '../e2e/support/stack.mjs';
import { launch } from './support/browser.mjs';
import { conversationOf, logInTo } from './support/people.mjs';

const few = 100;
const many = 100_000;
const mostMessages = 300; // model/thread.js
const loads = 9;
let browser, short, long;

before(async () => {
    browser = await launch({ args: ['--js-flags=--expose-gc'] });
    short = await conversationOf(few);
    long = await conversationOf(many);
});

after(async () => {
    await browser?.close();
    if (long) {
        sql(`DELETE FROM messages WHERE conversation_id = ${long.conversation} AND seq > 2;
             UPDATE conversations SET last_seq = 2, change_count = change_count + 1 WHERE id = ${long.conversation}`);
    }
});

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Opens a conversation in a page of its own; resolves to the page, and to the milliseconds until the newest message was there. */
async function open({ alice, bob }, newest) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
    await logInTo(context, alice);
    const page = await context.newPage();
    await page.addInitScript((seq) => {
        new MutationObserver((_, observer) => {
            if (!document.querySelector(`[data-seq="${seq}"]`)) return;
            observer.disconnect();
            requestAnimationFrame(() => (window.openedAfter = performance.now()));
        }).observe(document, { childList: true, subtree: true });
    }, newest);
    await page.goto(`${stack.url}/#/with/${bob.name}`);
    const time = await page.waitForFunction(() => window.openedAfter);
    return { page, time: await time.jsonValue() };
}

test('it opens as fast as one of 100', async (t) => {
    const times = { short: [], long: [] };
    for (let i = 0; i < loads; i++) {
        for (const [name, conversation, newest] of [
            ['short', short, few],
            ['long', long, many],
        ]) {
            const { page, time } = await open(conversation, newest);
            times[name].push(time);
            await page.context().close();
        }
    }
    const [a, b] = [median(times.short), median(times.long)];
    t.diagnostic(`opened after ${a.toFixed(0)} ms with ${few} messages, ${b.toFixed(0)} ms with ${many} (medians of ${loads})`);
    assert.ok(b <= 1.5 * a + 50, `${b} against ${a} ms`);
});

const seqs = (page) =>
    page.evaluate(() => {
        const all = [...document.querySelectorAll('.message')].map(({ dataset }) => Number(dataset.seq));
        return { first: all[0], last: all.at(-1), count: all.length };
    });

/** What the page has in memory once all that is garbage is gone. */
async function heap(page) {
    const session = await page.context().newCDPSession(page);
    await page.evaluate(() => gc());
    await session.send('Performance.enable');
    const { metrics } = await session.send('Performance.getMetrics');
    await session.detach();
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { mebibytes: value('JSHeapUsedSize') / 2 ** 20, nodes: value('Nodes') };
}

test('reading back through 5,000 messages', async (t) => {
    const { page } = await open(long, many);
    await page.evaluate(() => {
        window.mostMessages = 0;
        window.longTasks = [];
        new MutationObserver(() => {
            window.mostMessages = Math.max(window.mostMessages, document.querySelectorAll('.message').length);
        }).observe(document.querySelector('.log'), { childList: true });
        new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
            type: 'longtask',
        });
    });
    const log = page.locator('.log');
    const before = await heap(page);
    await log.hover();
    const started = Date.now();
    for (let { first } = await seqs(page); first > many - 5000; first = (await seqs(page)).first) {
        // As far as there is, as somebody in a hurry turns the wheel; then there is more.
        await log.evaluate((element) => (element.scrollTop = 0));
        await page.waitForFunction((old) => Number(document.querySelector('.message').dataset.seq) < old, first);
    }
    const seconds = (Date.now() - started) / 1000;
    const reached = await seqs(page);
    const after = await heap(page);
    const { most, tasks } = await page.evaluate(() => ({ most: window.mostMessages, tasks: window.longTasks }));
    const longest = Math.max(0, ...tasks);
    t.diagnostic(
        `5,000 messages in ${seconds.toFixed(1)} s; at most ${most} in the page, ${tasks.length} tasks above 50 ms, the longest ${longest} ms; ` +
            `${before.mebibytes.toFixed(1)} then ${after.mebibytes.toFixed(1)} MiB, ${before.nodes} then ${after.nodes} nodes`,
    );
    assert.ok(reached.first <= many - 5000);
    assert.ok(most > 100 && most <= mostMessages, `${most} messages in the page`);
    assert.ok(longest <= 200, `a task of ${longest} ms`);
    assert.ok(after.mebibytes < before.mebibytes + 10, `${after.mebibytes} MiB`);

    // What is on the screen stays where it is while more comes in above.
    const place = await log.evaluate((element) => {
        element.scrollTop = 700;
        const { top } = element.getBoundingClientRect();
        const messages = [...element.querySelectorAll('.message')];
        const message = messages.find((one) => one.getBoundingClientRect().top > top);
        return { first: Number(messages[0].dataset.seq), seq: message.dataset.seq, top: message.getBoundingClientRect().top };
    });
    await page.waitForFunction((old) => Number(document.querySelector('.message').dataset.seq) < old, place.first);
    const top = await page.locator(`[data-seq="${place.seq}"]`).evaluate((message) => message.getBoundingClientRect().top);
    assert.ok(Math.abs(top - place.top) <= 1, `message ${place.seq} moved from ${place.top} to ${top}`);

    // And down again: what was let go comes back.
    const { last } = await seqs(page);
    for (let i = 0; i < 5; i++) {
        const at = (await seqs(page)).last;
        await log.evaluate((element) => (element.scrollTop = element.scrollHeight));
        await page.waitForFunction((old) => Number([...document.querySelectorAll('.message')].at(-1).dataset.seq) > old, at);
    }
    const down = await seqs(page);
    assert.equal(down.last, last + 250);
    assert.equal(down.last - down.first + 1, down.count, 'a hole');
    await page.click('.jump');
    await page.waitForFunction((newest) => document.querySelector(`[data-seq="${newest}"]`), many);
    assert.ok(await log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2), 'not at the end');
    await page.locator('.jump').waitFor({ state: 'hidden' });
    await page.context().close();
});
