// The client without a mouse and without a screen: keys alone, and what a screen reader is told.

import assert from 'node:assert/strict';
import { conversationOf } from './support/people.mjs';
import { bubble, converse, scene, texts, write } from './support/chat.mjs';

const focused = (page) =>
    page.evaluate(() => {
        const { id, dataset, classList } = document.activeElement;
        return id || dataset.seq || classList[0] || document.activeElement.localName;
    });

/** Waits until the focus is there: an id, a message's number or a class. */
const focusOn = (page, wanted) =>
    page.waitForFunction((name) => {
        const { id, dataset, classList } = document.activeElement;
        return [id, dataset.seq, classList[0]].includes(name);
    }, wanted);

/** Presses Tab until the focus is there. */
async function tabTo(page, wanted, key = 'Tab') {
    const passed = [];
    for (let i = 0; i < 40; i++) {
        const name = await focused(page);
        if (name === wanted) return;
        passed.push(name);
        await page.keyboard.press(key);
    }
    assert.fail(`no ${wanted} among ${passed.join(', ')}`);
}

scene('a conversation from the log-in to an edit and a deletion, with keys alone', async (stage) => {
    const { name } = await stage.person('bob');
    const page = await stage.visitor();
    const keys = page.keyboard;
    const me = `${name.slice(0, 20)}.2`;
    await tabTo(page, 'new-user-name');
    await keys.type(me);
    await keys.press('Tab');
    await keys.type('a walk in the rain');
    await keys.press('Enter');
    await page.locator('.list').waitFor();

    await tabTo(page, 'find');
    await keys.type(name);
    await keys.press('Enter');
    await focusOn(page, 'composer');
    await page.getByText('Nothing here yet.').waitFor();

    // Enter sends, Shift+Enter starts a line.
    await keys.type('one');
    await keys.press('Shift+Enter');
    await keys.type('two');
    await keys.press('Enter');
    await page.locator('[data-seq="1"] .mark').waitFor();
    assert.deepEqual(await texts(page), ['one\ntwo']);
    assert.equal(await focused(page), 'composer');
    await write(page, 'three');
    await page.locator('[data-seq="2"] .mark').waitFor();

    // ArrowUp in the empty field edits the last one, Escape leaves it as it is.
    await keys.press('ArrowUp');
    assert.equal(await page.inputValue('#composer'), 'three');
    await keys.press('Escape');
    assert.equal(await page.inputValue('#composer'), '');
    await keys.press('ArrowUp');
    await keys.type('!');
    await keys.press('Enter');
    await bubble(page, 'three!').getByText('edited').waitFor();
    assert.equal(await focused(page), 'composer');

    // Through the log with the arrows; Escape leads back to the field.
    await tabTo(page, 'log', 'Shift+Tab');
    await keys.press('ArrowUp');
    assert.equal(await focused(page), '2');
    await keys.press('ArrowUp');
    assert.equal(await focused(page), '1');
    await keys.press('ArrowUp');
    assert.equal(await focused(page), '1', 'nothing is above the first');
    await keys.press('ArrowDown');
    assert.equal(await focused(page), '2');
    await keys.press('Escape');
    assert.equal(await focused(page), 'composer');

    // A dialog keeps the focus, and gives it back.
    await tabTo(page, 'log', 'Shift+Tab');
    await keys.press('ArrowUp');
    const remove = page.getByRole('button', { name: 'Delete message', exact: true });
    for (let i = 0; i < 2; i++) await keys.press('Tab');
    assert.ok(await remove.evaluate((button) => button === document.activeElement));
    await keys.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let i = 0; i < 6; i++) {
        await keys.press('Tab');
        assert.ok(await page.evaluate(() => !document.activeElement.closest('#chat')), 'the focus left the dialog');
    }
    await keys.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await focused(page), '2');
    await keys.press('Tab');
    await keys.press('Tab');
    await keys.press('Enter');
    await keys.press('Tab');
    await keys.press('Enter');
    await page.locator('[data-seq="2"] .deleted').waitFor();
    assert.deepEqual(await texts(page), ['one\ntwo']);
});

scene('the skip link leads past the list', async (stage) => {
    const ada = await stage.person('ada');
    await ada.page.keyboard.press('Tab');
    assert.equal(await focused(ada.page), 'skip');
    await ada.page.keyboard.press('Enter');
    assert.equal(await focused(ada.page), 'content');
    await ada.page.keyboard.press('Shift+Tab');
    assert.ok(await ada.page.evaluate(() => document.activeElement.closest('.list') !== null), 'the list is before it');
});

scene('a screen reader is told of a new message, and of nothing that scrolling back brings', async (stage) => {
    const { alice, bob } = await conversationOf(120);
    const { page } = await stage.browserOf(alice);
    await converse(page, bob.name);
    await page.locator('[data-seq="120"]').waitFor();
    assert.equal(await page.getByRole('log', { name: 'Messages' }).count(), 1);
    const said = () => page.locator('#announcer p').allTextContents();
    assert.deepEqual(await said(), []);

    await page.locator('.log').evaluate((log) => (log.scrollTop = 0));
    await page.waitForFunction(() => Number(document.querySelector('.message').dataset.seq) < 60);
    assert.deepEqual(await said(), []);

    await bob.send({ recipient: alice.name, type: 'text', text: 'good evening' });
    await page.locator('#announcer p').waitFor({ state: 'attached' });
    assert.deepEqual((await said()).map((text) => text.replace(/[\u2068\u2069]/g, '')), [`${bob.name}: good evening`]);
    assert.equal(await page.getAttribute('#announcer', 'role'), 'status');
    await write(page, 'my own');
    await bubble(page, 'my own').locator('.mark').waitFor();
    assert.equal((await said()).length, 1, 'what one writes oneself is not read out');
});
