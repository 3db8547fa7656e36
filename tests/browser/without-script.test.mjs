// With JavaScript off: signing up, writing and reading by forms alone.

import assert from 'node:assert/strict';
import { newcomer, uniqueName } from '../e2e/support/api.mjs';
import { scene } from './support/chat.mjs';

const password = 'a walk in the rain';
const shownNotice = (page) => page.locator('.notice:visible');

scene('somebody signs up, logs in, writes, reads and logs out', async (stage) => {
    const page = await stage.visitor({ javaScriptEnabled: false });
    const name = uniqueName('ada');
    const bob = await newcomer('bob', { display_name: 'Bob <b>' });

    await page.fill('#new-user-name', name);
    await page.fill('#new-password', 'password123');
    await page.click('#sign-up-form button');
    assert.match(await shownNotice(page).textContent(), /Too many people use that password/);
    await page.fill('#new-user-name', name);
    await page.fill('#new-password', password);
    await page.click('#sign-up-form button');
    assert.deepEqual(await shownNotice(page).allTextContents(), ['Your account is there. Log in to write.']);

    await page.fill('#user-name', name);
    await page.fill('#password', 'not this one');
    await page.click('#log-in-form button');
    assert.deepEqual(await shownNotice(page).allTextContents(), ['User name and password don\'t match.']);
    await page.fill('#user-name', name);
    await page.fill('#password', password);
    await page.click('#log-in-form button');
    await page.getByText('Nobody has written yet.').waitFor();

    await page.getByLabel('Write to (user name)').fill(bob.name);
    await page.getByRole('button', { name: 'Go' }).click();
    assert.equal(await page.locator('h1').textContent(), 'Bob <b>');
    const text = '<img src=x onerror=alert(1)> & so on';
    await page.getByLabel('Text', { exact: true }).fill(text);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    assert.deepEqual(await page.locator('.message.mine .text').allTextContents(), [text]);
    const { messages } = await bob.read(`/messages?with=${name}`);
    assert.deepEqual(
        messages.map((message) => message.text),
        [text],
    );

    await bob.send({ recipient: name, type: 'text', text: 'Got it' });
    await page.getByRole('link', { name: 'All conversations' }).click();
    await page.getByText('1 unread').waitFor();
    await page.getByRole('link', { name: 'Bob <b>' }).click();
    assert.deepEqual(await page.locator('.message .text').allTextContents(), [text, 'Got it']);
    await page.getByRole('button', { name: 'Mark as read' }).click();
    await page.getByRole('link', { name: 'All conversations' }).click();
    assert.equal(await page.getByText('unread').count(), 0);
    const { conversations } = await bob.read('/conversations');
    assert.equal(conversations[0].their_read_seq, 2);

    await page.getByRole('button', { name: 'Log out' }).click();
    assert.deepEqual(await shownNotice(page).allTextContents(), ['You are logged out.']);
    await page.goto(new URL('/plain', page.url()).href);
    assert.equal(await page.getByText('Got it').count(), 0);
});
