// Two people who talk: from signing up to a conversation that is long.

import assert from 'node:assert/strict';
import { signUp, stack, uniqueName } from '../e2e/support/api.mjs';
import { sql } from '../e2e/support/stack.mjs';
import { bubble, converse, says, scene, status, texts, titled, write } from './support/chat.mjs';
import { conversationOf } from './support/people.mjs';

const password = 'a walk in the rain';

scene('signing up, out and in, with what is wrong beside its field', async (stage) => {
    stage.expectErrors(status(409), status(422), status(401));
    const page = await stage.visitor();
    const name = uniqueName('ada');
    const taken = await signUp('taken');

    await page.fill('#new-user-name', name);
    await page.fill('#new-password', 'password123');
    await page.fill('#display-name', 'Ada Lovelace');
    await page.click('#sign-up-form button');
    const error = page.locator('#new-password-error');
    await error.waitFor();
    assert.match(await error.textContent(), /Choose another one/);
    assert.equal(await page.getAttribute('#new-password', 'aria-invalid'), 'true');
    assert.equal(await page.getAttribute('#new-password', 'aria-errormessage'), 'new-password-error');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'new-password');
    assert.equal(await page.locator('.field-error').count(), 1);

    await page.fill('#new-password', password);
    await page.fill('#new-user-name', taken.name);
    await page.click('#sign-up-form button');
    await says(page, '#new-user-name-error', 'Somebody else has that user name already. Choose another one.');
    assert.equal(await page.inputValue('#new-password'), password, 'what was written is still there');

    await page.fill('#new-user-name', name);
    await page.click('#sign-up-form button');
    await page.getByText('Nobody has written yet.').waitFor();
    assert.equal(await page.evaluate(() => document.querySelector('#welcome').hidden), true);

    await page.click('a[href="#/settings"]');
    await page.locator('.settings header').getByRole('button', { name: 'Log out' }).click();
    await page.locator('#log-in-form').waitFor();

    await page.fill('#user-name', name);
    await page.fill('#password', `${password}!`);
    await page.click('#log-in-form button');
    await page.locator('#welcome-notice').getByText('User name and password don’t match.').waitFor();

    await page.fill('#password', password);
    await page.press('#password', 'Enter');
    await page.locator('.list').waitFor();
    assert.equal(await page.locator('#welcome-notice').textContent(), '');
    await page.reload();
    await page.locator('.list').waitFor();
    assert.equal(await page.isVisible('#log-in-form'), false, 'a reload keeps the session');
});

scene('a conversation is started by user name, and an unknown name says so', async (stage) => {
    stage.expectErrors(status(404));
    const ada = await stage.person('ada');
    const bob = await signUp('bob', { display_name: 'Bob 🦊' });
    const { page } = ada;

    const nobody = uniqueName('nobody');
    await page.fill('#find', nobody);
    await page.press('#find', 'Enter');
    await says(page, '#find-hint', `There is no user named ${nobody}.`);
    await page.fill('#find', ada.name);
    await page.press('#find', 'Enter');
    await says(page, '#find-hint', 'That is you. A conversation has two people.');

    await page.fill('#find', ` ${bob.name.toUpperCase()} `);
    await page.getByRole('button', { name: 'Start a conversation' }).click();
    await says(page, '#with', 'Bob 🦊');
    await page.getByText('Nothing here yet. Write the first message.').waitFor();
    assert.equal(await page.inputValue('#find'), '');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'composer');

    await write(page, 'Good morning');
    await bubble(page, 'Good morning').locator('.mark').waitFor();
    const row = page.locator('.conversations a');
    await row.waitFor();
    assert.equal(await row.locator('.name').textContent(), 'Bob 🦊');
    await page.fill('#find', 'zzz');
    await page.locator('.conversations a').waitFor({ state: 'detached' });
    await page.fill('#find', 'bob');
    await row.waitFor();
});

scene('two browsers talk, live, both ways', async (stage) => {
    const ada = await stage.person('ada', { displayName: 'Ada Lovelace' });
    const bob = await stage.person('bob', { displayName: 'Bob', viewport: { width: 360, height: 740 }, colorScheme: 'dark' });

    await converse(ada.page, bob.name);
    await write(ada.page, 'Hello Bob');
    await write(ada.page, 'How is the weather?');
    await bubble(ada.page, 'How is the weather?').locator('.mark[title="Sent"]').waitFor();

    // In Bob's inbox, by itself: who, what, how many.
    await titled(bob.page, '(2) Sotto');
    const row = bob.page.locator('.conversations a');
    assert.equal(await row.locator('.name').textContent(), 'Ada Lovelace');
    assert.equal(await row.locator('.summary').textContent(), 'How is the weather?');
    assert.equal(await row.locator('.unread').textContent(), '2 unread messages');

    // Read as soon as he looks.
    await row.click();
    await bubble(bob.page, 'How is the weather?').waitFor();
    assert.deepEqual(await texts(bob.page), ['Hello Bob', 'How is the weather?']);
    assert.equal(await bob.page.locator('.first-unread').count(), 1);
    await titled(bob.page, 'Sotto');
    await bubble(ada.page, 'Hello Bob').locator('.mark.read[title="Read"]').waitFor();
    await bubble(ada.page, 'How is the weather?').locator('.mark.read[title="Read"]').waitFor();

    // He is seen typing, until it is sent.
    await bob.page.focus('#composer');
    await bob.page.keyboard.type('Raining');
    await says(ada.page, '.conversation .about', 'Bob is typing…');
    await ada.page.locator('.conversations .typing', { hasText: 'typing…' }).waitFor();
    await bob.page.press('#composer', 'Enter');
    await bubble(ada.page, 'Raining').waitFor();
    await says(ada.page, '.conversation .about', `@${bob.name}`);
    assert.equal(await ada.page.locator('.conversations .typing').count(), 0);

    // Many at once, from both sides: each shows the same.
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i}`);
    const both = [ada, bob].map(async ({ page, name }) => {
        for (const line of lines) await write(page, `${name} ${line}`);
    });
    await Promise.all(both);
    for (const { page } of [ada, bob]) {
        await page.waitForFunction(() => document.querySelectorAll('.message:not(.pending)').length === 27);
        await page.locator('.pending').waitFor({ state: 'detached' });
    }
    const { messages } = await ada.client.read(`/messages?with=${bob.name}&order=asc`);
    assert.equal(messages.length, 27);
    const stored = messages.map(({ text }) => text);
    for (const { page, name } of [ada, bob]) {
        assert.deepEqual(await texts(page), stored);
        const mine = stored.filter((text) => text.startsWith(`${name} `));
        assert.deepEqual(
            mine,
            lines.map((line) => `${name} ${line}`),
            'in the order in which they were written',
        );
    }
});

scene('a page that nobody looks at reads nothing', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'first' });
    await converse(bob.page, ada.name);
    await titled(bob.page, 'Sotto');
    await converse(ada.page, bob.name);
    await bubble(ada.page, 'first').locator('.mark.read').waitFor();

    await bob.page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
    await write(ada.page, 'Are you there?');
    await titled(bob.page, '(1) Sotto');
    await bubble(bob.page, 'Are you there?').waitFor();
    assert.equal(await bubble(ada.page, 'Are you there?').locator('.mark').getAttribute('title'), 'Sent');

    await bob.page.evaluate(() => {
        delete document.hidden;
        document.dispatchEvent(new Event('visibilitychange'));
    });
    await titled(bob.page, 'Sotto');
    await bubble(ada.page, 'Are you there?').locator('.mark.read').waitFor();
});

scene('a message is edited and deleted, for both', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    await converse(ada.page, bob.name);
    await write(ada.page, 'See you at sefen');
    await write(ada.page, 'Never mind');
    await bubble(ada.page, 'Never mind').locator('.mark').waitFor();
    await converse(bob.page, ada.name);
    await bubble(bob.page, 'See you at sefen').waitFor();

    await bubble(ada.page, 'See you at sefen').hover();
    await ada.page.getByRole('button', { name: 'Edit message' }).click();
    assert.equal(await ada.page.inputValue('#composer'), 'See you at sefen');
    await ada.page.getByText('Editing a message').waitFor();
    await write(ada.page, 'See you at seven');
    for (const { page } of [ada, bob]) {
        await bubble(page, 'See you at seven').getByText('edited').waitFor();
        assert.equal(await bubble(page, 'See you at sefen').count(), 0);
    }
    assert.equal(await ada.page.inputValue('#composer'), '');

    // Cancelled, an edit leaves everything as it was, the draft too.
    await ada.page.fill('#composer', 'a draft');
    await bubble(ada.page, 'Never mind').hover();
    await ada.page.getByRole('button', { name: 'Edit message' }).click();
    await ada.page.fill('#composer', 'something else');
    await ada.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await ada.page.inputValue('#composer'), 'a draft');
    await ada.page.fill('#composer', '');

    await bubble(ada.page, 'Never mind').hover();
    await ada.page.getByRole('button', { name: 'Delete message' }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(await texts(bob.page), ['See you at seven', 'Never mind']);
    await bubble(ada.page, 'Never mind').hover();
    await ada.page.getByRole('button', { name: 'Delete message' }).click();
    await dialog.getByRole('button', { name: 'Delete message' }).click();
    for (const { page } of [ada, bob]) {
        await bubble(page, 'Message deleted').waitFor();
        assert.deepEqual(await texts(page), ['See you at seven']);
    }
    await says(bob.page, '.conversations .summary', 'Message deleted');
    await says(ada.page, '.conversations .summary', 'You: Message deleted');

    // What is not one's own can't be changed.
    await bubble(bob.page, 'See you at seven').hover();
    assert.equal(await bob.page.locator('.actions').count(), 0);
});

scene('each day has its heading', async (stage) => {
    const { alice, bob, conversation } = await conversationOf(6);
    sql(`UPDATE messages SET created_at = CASE WHEN seq <= 2 THEN '2024-03-05 12:00:00' WHEN seq = 3 THEN '2024-12-31 12:00:00'
                             WHEN seq = 4 THEN NOW(3) - INTERVAL 1 DAY ELSE NOW(3) END WHERE conversation_id = ${conversation}`);
    const { page } = await stage.browserOf(alice, { timezoneId: 'UTC' });
    await converse(page, bob.name);
    const children = await page.locator('.log > *').evaluateAll((all) => all.map((one) => one.dataset.seq ?? one.textContent));
    assert.deepEqual(children, ['March 5, 2024', '1', '2', 'December 31, 2024', '3', 'Yesterday', '4', 'Today', '5', '6']);
});

scene('scrolling back loads what is earlier, and what is on the screen stays where it is', async (stage) => {
    const { alice, bob } = await conversationOf(180);
    const { page } = await stage.browserOf(alice);
    await converse(page, bob.name);
    await page.locator('[data-seq="180"]').waitFor();
    const log = page.locator('.log');
    const first = () => page.evaluate(() => Number(document.querySelector('.message').dataset.seq));

    for (let oldest = await first(); oldest > 1; oldest = await first()) {
        // The answer is held up until it is measured what is on the screen.
        let release;
        const held = new Promise((resolve) => (release = resolve));
        await page.route(/before=/, (route) => held.then(() => route.continue()), { times: 1 });
        const asked = page.waitForRequest(/before=/);
        await log.evaluate((element) => (element.scrollTop = 300));
        await asked;
        const place = await page.evaluate(() => {
            const { top } = document.querySelector('.log').getBoundingClientRect();
            const message = [...document.querySelectorAll('.message')].find((one) => one.getBoundingClientRect().top > top);
            return { seq: message.dataset.seq, top: message.getBoundingClientRect().top };
        });
        release();
        await page.waitForFunction((seq) => Number(document.querySelector('.message').dataset.seq) < seq, oldest);
        const top = await page.locator(`[data-seq="${place.seq}"]`).evaluate((message) => message.getBoundingClientRect().top);
        assert.ok(Math.abs(top - place.top) <= 2, `message ${place.seq} moved from ${place.top} to ${top}`);
    }

    // A message that comes in meanwhile moves nothing either, and the button counts it.
    const scrolled = await log.evaluate((element) => element.scrollTop);
    await bob.send({ recipient: alice.name, type: 'text', text: 'the newest' });
    const jump = page.locator('.jump');
    await jump.getByText('1 new message').waitFor();
    assert.equal(await log.evaluate((element) => element.scrollTop), scrolled);
    await titled(page, '(1) Sotto');

    await jump.click();
    await bubble(page, 'the newest').waitFor();
    await titled(page, 'Sotto');
    await jump.waitFor({ state: 'hidden' });
    assert.ok(await log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2), 'not at the end');
    const seqs = await page.locator('.message').evaluateAll((all) => all.map(({ dataset }) => Number(dataset.seq)));
    assert.deepEqual(
        seqs,
        Array.from({ length: 181 }, (_, i) => i + 1),
    );
});

scene('the address of a conversation with oneself says that there is none', async (stage) => {
    const { page, name } = await stage.person('ada');
    await page.goto(`${stack.url}/#/with/${name}`);
    await says(page, '.thread-notice', 'That is you. A conversation has two people.');
    assert.equal(await page.locator('#composer').isVisible(), false);
});

scene('a dialog closes with the conversation that it belongs to', async (stage) => {
    const { page } = await stage.person('ada');
    const [bob, eve] = [await signUp('bob'), await signUp('eve')];
    await page.goto(`${stack.url}/#/with/${eve.name}`);
    await page.locator('#composer').waitFor();
    await converse(page, bob.name);
    await page.getByRole('button', { name: 'Send an image link' }).click();
    await page.locator('dialog[open]').waitFor();
    await page.goBack();
    await page.locator('.about').getByText(`@${eve.name}`).waitFor();
    assert.equal(await page.locator('dialog').count(), 0);
});
