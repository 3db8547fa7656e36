// Names and texts that want to be more than text.

import assert from 'node:assert/strict';
import { stack } from '../e2e/support/api.mjs';
import { sql } from '../e2e/support/stack.mjs';
import { bubble, converse, scene, says, texts, write } from './support/chat.mjs';

const run = 'window.ran=1';
const attacks = [
    `<img src=x onerror="${run}">`,
    `<script>${run}</script>`,
    `"><svg onload=${run}>`,
    `</p><iframe srcdoc="<script>parent.ran=1</script>">`,
    `javascript:${run}`,
    `see javascript:${run}//https://`,
    `data:text/html,<script>${run}</script>`,
    '{{constructor.constructor("window.ran=1")()}}',
    '&lt;b&gt;',
];

/** Collects what would show that something ran, or went out. */
async function watch(page) {
    const seen = [];
    page.on('dialog', (dialog) => seen.push(dialog.message()) && dialog.dismiss());
    page.on('request', (request) => new URL(request.url()).host !== new URL(stack.url).host && seen.push(request.url()));
    page.context().on('page', (other) => seen.push(`a window: ${other.url()}`));
    return seen;
}

scene('markup and scripts are text, in names and messages', async (stage) => {
    const eve = await stage.person('eve', { displayName: `<img src=x onerror="${run}">` });
    const bob = await stage.person('bob');
    const seen = [await watch(bob.page), await watch(eve.page)];
    for (const text of attacks) await eve.client.send({ recipient: bob.name, type: 'text', text });
    await converse(bob.page, eve.name);
    await bubble(bob.page, attacks.at(-1)).waitFor();
    assert.deepEqual(await texts(bob.page), attacks);
    assert.equal(await bob.page.locator('#with').textContent(), `<img src=x onerror="${run}">`);
    await says(bob.page, '.conversations .name', `<img src=x onerror="${run}">`);
    assert.equal(await bob.page.locator('.log a, .log img, .log script, .log iframe, .list img').count(), 0);

    // What one writes oneself goes another way, and so does a draft.
    await converse(eve.page, bob.name);
    await write(eve.page, attacks[0]);
    await eve.page.fill('#composer', attacks[1]);
    await eve.page.reload();
    await bubble(eve.page, attacks[0]).nth(1).locator('.mark').waitFor();
    assert.equal(await eve.page.inputValue('#composer'), attacks[1]);
    // And so do the dialog that asks, the list of the blocked, and the address.
    await bob.page.getByRole('button', { name: /^Block / }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
    await bob.page.getByText('You have blocked').waitFor();
    await bob.page.goto(`${stack.url}/#/settings`);
    await bob.page.locator('.rows bdi', { hasText: '<img' }).waitFor();
    await bob.page.goto(`${stack.url}/#/with/${encodeURIComponent(attacks[0])}`);
    await bob.page.getByText('Choose a conversation').waitFor();
    await bob.page.fill('#find', attacks[1]);
    await says(bob.page, '#find-hint', `No conversation with ${attacks[1]} yet. Press Enter to start one.`);
    for (const { page } of [eve, bob]) assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.deepEqual(seen, [[], []]);
});

scene('an address that runs something is neither a link nor loaded, even where it is stored', async (stage) => {
    const eve = await stage.person('eve');
    const bob = await stage.person('bob');
    const image = await eve.client.send({ recipient: bob.name, type: 'image', url: 'https://example.org/a.png', width: 300, height: 200 });
    await eve.client.send({ recipient: bob.name, type: 'video', url: 'https://example.org/a.mp4', duration_s: 5 });
    await eve.client.send({ recipient: bob.name, type: 'text', text: 'the end' });
    const [conversation] = image.id.split('-');
    sql(`UPDATE messages SET url = 'javascript:${run}' WHERE conversation_id = ${conversation} AND url IS NOT NULL`);
    const seen = await watch(bob.page);
    await converse(bob.page, eve.name);
    await bubble(bob.page, 'the end').waitFor();
    assert.equal(await bob.page.locator('.log a').count(), 0);
    await bob.page.locator('.video').click();
    await bob.page.locator('.image').click();
    await bob.page.getByText('This image can’t be loaded.').waitFor();
    assert.equal(await bob.page.evaluate(() => window.ran), undefined);
    assert.deepEqual(seen, []);
});

/** The boxes of pieces of text on the screen, in the order of reading; each must stand to the right of the one before. */
const leftToRight = (page, pieces) =>
    page.evaluate((wanted) => {
        const box = ([selector, text]) => {
            const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(text);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + text.length);
                return range.getBoundingClientRect();
            }
            throw new Error(`no '${text}' in ${selector}`);
        };
        const boxes = wanted.map(box);
        return boxes.slice(1).every((one, i) => one.left >= boxes[i].right - 1 && Math.abs(one.top - boxes[i].top) < 20);
    }, pieces);

const override = '\u202e'; // turns all that follows, until it is closed
const isolate = '\u2067';

scene('text that runs the other way, or says that all after it does, turns nothing around it', async (stage) => {
    const name = `Eve${override}${isolate}gpj`;
    const eve = await stage.person('eve', { displayName: name });
    const bob = await stage.person('bob');
    await eve.client.send({ recipient: bob.name, type: 'text', text: `a https://example.org/${override}${isolate}b end` });
    await eve.client.send({ recipient: bob.name, type: 'text', text: `${override}${isolate}${override}abc` });
    await converse(bob.page, eve.name);
    await write(bob.page, `so${override}${isolate}xyz`);
    await bob.page.locator('.message.mine .mark').waitFor();

    assert.ok(await leftToRight(bob.page, [['#with', 'Eve'], ['.conversation .about', '@'], ['.conversation .about', eve.name]]), 'the head');
    assert.ok(await leftToRight(bob.page, [['.conversations .summary', 'You:'], ['.conversations .summary', 'so']]), 'the list');
    assert.ok(await leftToRight(bob.page, [['[data-seq="1"] .text', 'a '], ['[data-seq="1"] .text a', 'https'], ['[data-seq="1"] .text', ' end']]), 'a link');
    const [time, mark] = [bob.page.locator('.mine time'), bob.page.locator('.mine .mark')];
    assert.ok((await mark.boundingBox()).x >= (await time.boundingBox()).x + (await time.boundingBox()).width - 1, 'time and mark');

    await eve.client.call('POST', `/conversations/${bob.name}/typing`);
    await bob.page.locator('.about.typing').waitFor();
    assert.ok(await leftToRight(bob.page, [['.about.typing', 'Eve'], ['.about.typing', 'is'], ['.about.typing', 'typing']]), 'typing');
    await bob.page.getByRole('button', { name: /^Block / }).click();
    assert.ok(await leftToRight(bob.page, [['dialog h2', 'Block'], ['dialog h2', 'Eve']]), 'the title of a dialog');
    assert.ok(await leftToRight(bob.page, [['dialog p', 'Eve'], ['dialog p', 'can’t'], ['dialog p', 'write']]), 'the text of a dialog');
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
    await bob.page.locator('.closed').waitFor();
    assert.ok(await leftToRight(bob.page, [['.closed', 'You'], ['.closed', 'blocked'], ['.closed', 'Eve'], ['.closed', 'Unblock']]), 'why one can’t write');
});

/** Fails where the page scrolls sideways, or something in the conversation or list stands beyond its edge. */
async function assertFits(page, what) {
    const wide = await page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        const scrolling = [document.documentElement, ...document.querySelectorAll('.log, .list, .cards')].filter(
            (one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0,
        );
        const beyond = [...document.querySelectorAll('.message, .message *, .conversations a > *, .conversation header > *, .rows li > *')].filter((one) => {
            const { left, right } = one.getBoundingClientRect();
            return right > width + 1 || left < -1;
        });
        return [...scrolling, ...beyond].map((one) => one.outerHTML.slice(0, 80));
    });
    assert.deepEqual(wide, [], what);
}

scene('4,000 emoji, and a word of 4,000 letters, fit on 320 pixels', async (stage) => {
    const eve = await stage.person('eve', { displayName: 'W'.repeat(64), viewport: { width: 320, height: 640 } });
    const bob = await stage.person('bob', { displayName: '👩‍👩‍👧‍👦'.repeat(9), viewport: { width: 320, height: 640 } });
    const emoji = '🦊'.repeat(4000);
    const word = 'W'.repeat(4000);
    await converse(eve.page, bob.name);
    await eve.page.fill('#composer', `${emoji}🦊`);
    await says(eve.page, '#composer-count', '-1 character left');
    await eve.page.press('#composer', 'Enter');
    await says(eve.page, '#composer-error', 'A text has at most 4,000 characters.');
    await eve.page.fill('#composer', emoji);
    await says(eve.page, '#composer-count', '0 characters left');
    await eve.page.press('#composer', 'Enter');
    await eve.page.locator('.message .mark').waitFor();
    await write(eve.page, word);
    await eve.page.locator('.message .mark').nth(1).waitFor();
    await write(eve.page, `https://example.org/${'a'.repeat(3000)}`);
    await eve.page.locator('.message .mark').nth(2).waitFor();
    await eve.client.send({ recipient: bob.name, type: 'video', url: `https://example.org/${'v'.repeat(2000)}`, duration_s: 604_800 });

    await bob.page.locator('.conversations a').waitFor();
    await assertFits(bob.page, 'the list');
    await converse(bob.page, eve.name);
    await bob.page.locator('.video').waitFor();
    assert.deepEqual((await texts(bob.page)).slice(0, 2), [emoji, word]);
    for (const { page } of [eve, bob]) {
        await assertFits(page, 'the conversation');
        await page.locator('.log').evaluate((element) => (element.scrollTop = 0));
        await assertFits(page, 'the conversation from its start');
    }
    await bob.client.put(`/blocks/${eve.name}`);
    await bob.page.goto(`${stack.url}/#/settings`);
    await bob.page.locator('.rows bdi').waitFor();
    await assertFits(bob.page, 'the settings');
});
