// What fails on the way: it stays to be seen, heals by itself, and is stored once.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { eventually, signUp, stranger } from '../e2e/support/api.mjs';
import { mainPid } from '../e2e/support/processes.mjs';
import { service } from '../e2e/support/stack.mjs';
import { bubble, converse, says, scene, status, texts, write } from './support/chat.mjs';

const unreachable = /net::ERR_/; // what the console says of a request, or a WebSocket, without an answer
const toMessages = (url) => url.pathname === '/api/v1/messages' && url.search === '';

/** What the API has between the two, oldest first. */
async function stored(client, other) {
    const { messages } = await client.read(`/messages?with=${other}&order=asc`);
    return messages.map(({ text }) => text);
}

scene('a message without an answer stays, survives a reload, and is stored once', async (stage) => {
    stage.expectErrors(unreachable);
    const ada = await stage.person('ada');
    const bob = await signUp('bob');
    const { page } = ada;
    await converse(page, bob.name);

    // Stored, but the answer is lost: each time, until the network is well again.
    const answers = [];
    const keys = new Set();
    await page.route(toMessages, async (route) => {
        const headers = await route.request().allHeaders();
        keys.add(headers['idempotency-key']);
        answers.push((await route.fetch({ headers })).status());
        await route.abort();
    });
    await write(page, 'only once, please');
    const waiting = page.locator('.message.waiting');
    await waiting.getByText('Not sent yet: ').waitFor();
    assert.deepEqual(await waiting.locator('.text').allTextContents(), ['only once, please']);
    await waiting.getByRole('button', { name: 'Send again' }).click();
    await eventually('a second try', 10, () => answers.length >= 2);
    await page.reload();
    await waiting.waitFor();
    await eventually('a try after the reload', 10, () => answers.length >= 3);
    assert.equal(keys.size, 1, 'one key for all tries');
    assert.deepEqual(answers, [201, ...answers.slice(1).fill(200)], 'stored with the first, and known again with each other');

    await page.unroute(toMessages);
    await waiting.getByRole('button', { name: 'Send again' }).click();
    await page.locator('.pending').waitFor({ state: 'detached' });
    await bubble(page, 'only once, please').locator('.mark').waitFor();
    assert.deepEqual(await texts(page), ['only once, please']);
    assert.deepEqual(await stored(ada.client, bob.name), ['only once, please']);
    await page.reload();
    await bubble(page, 'only once, please').locator('.mark').waitFor();
    assert.equal(await page.locator('.pending').count(), 0);
});

scene('a message that is refused says why, and is sent again or discarded', async (stage) => {
    stage.expectErrors(status(403));
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    await converse(ada.page, bob.name);
    await write(ada.page, 'Hello');
    await bubble(ada.page, 'Hello').locator('.mark').waitFor();
    assert.equal((await bob.client.put(`/blocks/${ada.name}`)).status, 204);

    await write(ada.page, 'Still there?');
    await write(ada.page, 'Hm.');
    const refused = ada.page.locator('.message.refused');
    await refused.getByText(/^Not sent: .The two of you can’t write to each other at present/).nth(1).waitFor();
    assert.deepEqual(await texts(ada.page), ['Hello', 'Still there?', 'Hm.']);
    assert.equal((await bob.client.delete(`/blocks/${ada.name}`)).status, 204);
    await refused.nth(1).getByRole('button', { name: 'Discard' }).click();
    await refused.nth(1).waitFor({ state: 'detached' });
    await refused.getByRole('button', { name: 'Send again' }).click();
    await bubble(ada.page, 'Still there?').locator('.mark').waitFor();
    assert.equal(await ada.page.locator('.pending').count(), 0);
    assert.deepEqual(await stored(ada.client, bob.name), ['Hello', 'Still there?']);
});

scene('a draft of each conversation survives a reload', async (stage) => {
    const ada = await stage.person('ada');
    const [bob, eve] = [await signUp('bob'), await signUp('eve')];
    const { page } = ada;
    await converse(page, bob.name);
    await page.fill('#composer', 'Dear Bob,\nI am');
    await converse(page, eve.name);
    assert.equal(await page.inputValue('#composer'), '');
    await page.fill('#composer', 'Eve!');
    await page.reload();
    await page.locator('#composer').waitFor();
    assert.equal(await page.inputValue('#composer'), 'Eve!');
    await converse(page, bob.name);
    assert.equal(await page.inputValue('#composer'), 'Dear Bob,\nI am');
    await page.press('#composer', 'Enter');
    await bubble(page, 'Dear Bob, I am').waitFor();
    assert.deepEqual(await stored(ada.client, bob.name), ['Dear Bob,\nI am']);
    await page.reload();
    await page.locator('#composer').waitFor();
    assert.equal(await page.inputValue('#composer'), '', 'what was sent is no draft');

    // Nobody else who logs in here sees it, once she has logged out.
    await page.fill('#composer', 'secret');
    await page.goto(new URL('/#/settings', page.url()).href);
    await page.getByRole('region', { name: 'Devices' }).getByRole('listitem').waitFor();
    await page.locator('.settings header').getByRole('button', { name: 'Log out' }).click();
    await page.locator('#log-in-form').waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});

scene('offline says so, keeps what is written, and heals by itself', async (stage) => {
    stage.expectErrors(unreachable);
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    await converse(ada.page, bob.name);
    await write(ada.page, 'before');
    await converse(bob.page, ada.name);
    await bubble(bob.page, 'before').waitFor();

    await ada.page.context().setOffline(true);
    await says(ada.page, '.banner', 'No connection. Trying again…');
    await write(ada.page, 'from the tunnel');
    await ada.page.locator('.message.waiting').waitFor();
    await write(bob.page, 'where are you?');
    await bubble(bob.page, 'where are you?').locator('.mark').waitFor();
    assert.equal(await bubble(ada.page, 'where are you?').count(), 0);

    await ada.page.context().setOffline(false);
    await bubble(ada.page, 'from the tunnel').locator('.mark').waitFor();
    await bubble(ada.page, 'where are you?').waitFor();
    await bubble(bob.page, 'from the tunnel').waitFor();
    await says(ada.page, '.banner', '');
    const all = ['before', 'where are you?', 'from the tunnel'];
    assert.deepEqual(await stored(ada.client, bob.name), all);
    for (const { page } of [ada, bob]) assert.deepEqual(await texts(page), all);
});

const isReady = async () => (await stranger.get('/readyz', { root: true }).catch(() => undefined))?.status === 200;
after(async () => {
    service('up', 'mariadb'); // whatever happened
    await eventually('service again', 30, isReady);
});

scene('the hub killed and the database stopped while both write: both show exactly what is stored', async (stage) => {
    stage.expectErrors(unreachable, status(502), status(503), /WebSocket connection to .* failed/);
    const people = [await stage.person('ada'), await stage.person('bob')];
    const [ada, bob] = people;
    await converse(ada.page, bob.name);
    await write(ada.page, 'start');
    await bubble(ada.page, 'start').locator('.mark').waitFor();
    await converse(bob.page, ada.name);

    let written = ['start'];
    const bothWrite = (count) =>
        Promise.all(
            people.map(async ({ page, name }) => {
                for (let i = 0; i < count; i++) {
                    const text = `${name} ${written.length}`;
                    written.push(text);
                    await write(page, text);
                }
            }),
        );

    await bothWrite(5);
    const killed = mainPid('hub');
    process.kill(killed, 'SIGKILL');
    await bothWrite(5);
    await eventually('another hub', 20, () => ![killed, undefined].includes(mainPid('hub')));
    await bothWrite(5);
    service('down', 'mariadb');
    try {
        await bothWrite(5);
        // Nothing that was written is hidden, though there is nobody to take it.
        for (const { page } of people) await page.locator('.message.waiting').waitFor();
    } finally {
        service('up', 'mariadb');
    }
    await bothWrite(5);

    for (const { page } of people) {
        await page.waitForFunction(
            (count) =>
                document.querySelectorAll('.message').length === count && document.querySelectorAll('.pending').length === 0,
            written.length,
            { timeout: 90_000 },
        );
    }
    const all = await stored(ada.client, bob.name);
    assert.deepEqual([...all].sort(), [...written].sort(), 'each once');
    for (const { page, name } of people) {
        assert.deepEqual(await texts(page), all);
        assert.deepEqual(
            all.filter((text) => text.startsWith(name)),
            written.filter((text) => text.startsWith(name)),
            'in the order in which they were written',
        );
        await says(page, '.banner', '');
    }
});
