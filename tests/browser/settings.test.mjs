// The settings: devices, password, profile, blocks, notifications, one's own data, and the end of an account.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { logIn, signUp, stack } from '../e2e/support/api.mjs';
import { bubble, converse, says, scene, status, titled, write } from './support/chat.mjs';

const openSettings = async (page) => {
    await page.locator('a[href="#/settings"]').click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
};
const card = (page, title) => page.getByRole('region', { name: title, exact: true });
const notice = (page) => page.locator('#welcome-notice').getByText('Your session has ended. Log in to go on.');

/** Fills the log-in form and sends it. */
async function logInAs(page, name, password) {
    await page.fill('#user-name', name);
    await page.fill('#password', password);
    await page.click('#log-in-form button');
}

scene('a device is logged out from another one', async (stage) => {
    stage.expectErrors(status(401), /WebSocket connection to .* failed/);
    const person = await signUp('ada');
    const bob = await signUp('bob');
    const [here, there] = [await stage.browserOf(await logIn(person)), await stage.browserOf(await logIn(person))];
    await converse(there.page, bob.name);
    await there.page.fill('#composer', 'half a sentence');

    await openSettings(here.page);
    const devices = card(here.page, 'Devices').getByRole('listitem');
    await devices.nth(1).waitFor();
    assert.equal(await devices.count(), 2);
    const current = devices.filter({ hasText: 'this one' });
    assert.equal(await current.count(), 1);
    assert.equal(await current.getByRole('button').count(), 0, 'one logs oneself out elsewhere');
    await devices.filter({ hasNotText: 'this one' }).getByRole('button', { name: /^Log out: curl/ }).click();
    await devices.nth(1).waitFor({ state: 'detached' });

    await notice(there.page).waitFor();
    assert.equal(await there.page.isVisible('#chat'), false);
    assert.equal(await there.page.title(), 'Sotto');
    assert.equal((await there.client.get('/users/me')).status, 401);
    assert.equal((await here.client.get('/users/me')).status, 200);
    // What was written there is still there for whoever logs in again.
    await logInAs(there.page, person.name, person.password);
    await there.page.locator('#composer').waitFor();
    assert.equal(await there.page.inputValue('#composer'), 'half a sentence');
});

scene('a new password logs the other devices out', async (stage) => {
    stage.expectErrors(status(401), status(403), status(422), /WebSocket connection to .* failed/);
    const person = await signUp('ada');
    const [here, there] = [await stage.browserOf(await logIn(person)), await stage.browserOf(await logIn(person))];
    await openSettings(here.page);
    const form = card(here.page, 'Password');
    const change = form.getByRole('button', { name: 'Change password' });
    await form.getByLabel('Current password').fill('not this one');
    await form.getByLabel('New password').fill('a walk in the snow');
    await change.click();
    await says(here.page, '#settings-current_password-error', 'That is not your password.');
    await form.getByLabel('Current password').fill(person.password);
    await form.getByLabel('New password').fill('password123');
    await change.click();
    await here.page.locator('#settings-new_password-error').waitFor();
    assert.equal(await here.page.locator('.field-error').filter({ hasText: /./ }).count(), 1);
    await form.getByLabel('Current password').fill(person.password);
    await form.getByLabel('New password').fill('a walk in the snow');
    await change.click();
    await form.getByText('Changed. All your other devices are logged out.').waitFor();
    assert.equal(await form.getByLabel('New password').inputValue(), '');

    await notice(there.page).waitFor();
    await logInAs(there.page, person.name, person.password);
    await there.page.getByText('User name and password don’t match.').and(there.page.locator(':visible')).waitFor();
    await logInAs(there.page, person.name, 'a walk in the snow');
    await there.page.locator('.list').waitFor();
});

scene('the profile is changed', async (stage) => {
    stage.expectErrors(status(422));
    const ada = await stage.person('ada', { displayName: 'Ada' });
    const bob = await stage.person('bob');
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'It is me' });
    await openSettings(ada.page);
    const form = card(ada.page, 'Profile');
    const save = form.getByRole('button', { name: 'Save' });
    assert.equal(await form.getByLabel('Shown name').inputValue(), 'Ada');
    await form.getByLabel('E-mail').fill('ada@example.org');
    await form.getByLabel('Shown name').fill('   ');
    await save.click();
    await says(ada.page, '#settings-display_name-error', 'That can’t be used.');
    await form.getByLabel('Shown name').fill('Countess Ada');
    await save.click();
    await form.getByText('Saved.').waitFor();
    const { display_name, email } = await ada.client.read('/users/me');
    assert.deepEqual([display_name, email], ['Countess Ada', 'ada@example.org']);
    await form.getByLabel('E-mail').fill('');
    await save.click();
    await ada.page.waitForFunction(() => !document.querySelector('.field-error')?.textContent);
    await form.getByText('Saved.').waitFor();
    assert.equal((await ada.client.read('/users/me')).email, undefined);

    await bob.page.reload();
    await says(bob.page, '.conversations .name', 'Countess Ada');
});

scene('who logs out is not told that the session has ended', async (stage) => {
    const { page } = await stage.person('ada');
    await openSettings(page);
    const asked = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    // The live channel hears of the end before the call is answered.
    const closed = new Promise((resolve) => page.on('websocket', (socket) => socket.on('close', resolve)));
    await page.reload();
    await card(page, 'Devices').getByRole('listitem').waitFor();
    await page.route('**/api/v1/sessions/current', async (route) => {
        const response = await route.fetch();
        await closed;
        await page.evaluate(() => fetch('/icon.svg'));
        await route.fulfill({ response });
    });
    asked.length = 0;
    await page.locator('.settings header').getByRole('button', { name: 'Log out' }).click();
    await page.locator('#log-in-form').waitFor();
    assert.equal(await page.locator('#welcome-notice').textContent(), '');
    assert.deepEqual(asked.filter((call) => call.includes('/api/')), ['DELETE /api/v1/sessions/current']);
});

scene('somebody is blocked, and unblocked', async (stage) => {
    const ada = await stage.person('ada', { displayName: 'Ada' });
    const bob = await stage.person('bob', { displayName: 'Bob' });
    await converse(ada.page, bob.name);
    await write(ada.page, 'Hello');
    await bubble(ada.page, 'Hello').locator('.mark').waitFor();
    await ada.page.getByRole('button', { name: /^Block / }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual((await ada.client.read('/blocks')).blocks, []);
    await ada.page.getByRole('button', { name: /^Block / }).click();
    await dialog.getByRole('button', { name: 'Block' }).click();
    await says(ada.page, '.closed', 'You have blocked Bob. Unblock them to write.');
    assert.equal(await ada.page.isVisible('#composer'), false);

    await openSettings(ada.page);
    const row = card(ada.page, 'Blocked people').getByRole('listitem');
    await row.filter({ hasText: `@${bob.name}` }).waitFor();
    await row.getByRole('button', { name: 'Unblock: Bob' }).click();
    await card(ada.page, 'Blocked people').getByText('You have blocked nobody.').waitFor();
    assert.deepEqual((await ada.client.read('/blocks')).blocks, []);
    await converse(ada.page, bob.name);
    await write(ada.page, 'again');
    await bubble(ada.page, 'again').locator('.mark').waitFor();

    await ada.page.getByRole('button', { name: /^Block / }).click();
    await dialog.getByRole('button', { name: 'Block' }).click();
    await ada.page.getByRole('button', { name: /^Unblock / }).click();
    await ada.page.locator('#composer').waitFor();
});

scene('all of one’s own is downloaded', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await signUp('bob');
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'for the record' });
    await openSettings(ada.page);
    const started = ada.page.waitForEvent('download');
    await card(ada.page, 'Download my data').getByRole('link').click();
    const download = await started;
    assert.equal(download.suggestedFilename(), `sotto-${ada.name}.ndjson`);
    const lines = readFileSync(await download.path(), 'utf8').trimEnd().split('\n');
    const text = JSON.stringify(lines.map((line) => JSON.parse(line)));
    assert.ok(lines.length >= 3, text);
    assert.match(text, /for the record/);
});

scene('an account is erased', async (stage) => {
    stage.expectErrors(status(401), status(403), status(422));
    const person = await signUp('ada', { display_name: 'Ada' });
    const ada = await stage.browserOf(await logIn(person));
    const bob = await stage.person('bob');
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'Farewell' });
    await converse(ada.page, bob.name);
    await ada.page.fill('#composer', 'a secret');
    await openSettings(ada.page);
    const form = card(ada.page, 'Erase my account');
    const dialog = ada.page.getByRole('dialog', { name: 'Erase my account' });
    const erase = async (password, answer) => {
        await form.getByLabel('Password').fill(password);
        await form.getByRole('button').click();
        await dialog.getByRole('button', { name: answer }).click();
        await dialog.waitFor({ state: 'detached' });
    };
    await erase(person.password, 'Cancel');
    await erase('not this one', 'Erase my account');
    await says(ada.page, '#settings-password-error', 'That is not your password.');
    assert.equal((await ada.client.get('/users/me')).status, 200);
    await erase(person.password, 'Erase my account');
    await ada.page.locator('#log-in-form').waitFor();
    assert.deepEqual(await ada.page.evaluate(() => Object.keys(localStorage)), []);
    await logInAs(ada.page, person.name, person.password);
    await ada.page.locator('#welcome-notice').getByText('User name and password don’t match.').waitFor();

    await bob.page.reload();
    await says(bob.page, '.conversations .name', `${person.name} (erased)`);
    await bob.page.locator('.conversations a').click();
    await bubble(bob.page, 'Farewell').waitFor();
    await says(bob.page, '.closed', 'This account has been erased.');
});

/** Keeps what the page shows and asks for; the browser's own notifications are made all the same. */
const recordNotifications = (context) =>
    context.addInitScript(() => {
        window.shown = [];
        window.asked = 0;
        window.Notification = class extends window.Notification {
            constructor(title, options) {
                super(title, options);
                window.shown.push(this);
            }

            static requestPermission() {
                window.asked++;
                return super.requestPermission();
            }
        };
    });

const hide = (page) => page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
const reveal = (page) => page.evaluate(() => delete document.hidden);
const shown = (page) =>
    page.evaluate(() => window.shown.map(({ title, body }) => [title, body].map((text) => text.replace(/[\u2066-\u2069]/g, ''))));

scene('notifications are asked for on a click, and shown while the page is hidden', async (stage) => {
    const ada = await stage.person('ada', { displayName: 'Ada' });
    const bob = await stage.person('bob');
    const { page } = bob;
    await page.context().grantPermissions(['notifications'], { origin: stack.url });
    await recordNotifications(page.context());
    await page.reload();
    await page.locator('.list').waitFor();
    let unread = 0;
    const message = async (text) => {
        await ada.client.send({ recipient: bob.name, type: 'text', text });
        await titled(page, `(${++unread}) Sotto`);
    };
    await hide(page);
    await message('before it is on');
    await reveal(page);
    await openSettings(page);
    assert.deepEqual([await page.evaluate(() => window.asked), await shown(page)], [0, []]);

    await card(page, 'Notifications').getByRole('button', { name: 'Turn on notifications' }).click();
    await card(page, 'Notifications').getByText('This browser notifies you of new messages while the page is hidden.').waitFor();
    assert.equal(await page.evaluate(() => window.asked), 1);
    await message('while it is looked at');
    assert.equal((await shown(page)).length, 1, 'the one that says that they are on');
    await hide(page);
    await message('Hello there');
    assert.deepEqual((await shown(page)).slice(1), [['Message from Ada', 'Hello there']]);

    await page.reload();
    await titled(page, `(${unread}) Sotto`);
    await hide(page);
    await message('after a reload');
    assert.deepEqual(await shown(page), [['Message from Ada', 'after a reload']]);
    await reveal(page);
    await page.evaluate(() => window.shown[0].dispatchEvent(new Event('click')));
    await says(page, '#with', 'Ada');
    await titled(page, 'Sotto');
    unread = 0;

    await openSettings(page);
    await card(page, 'Notifications').getByRole('button', { name: 'Turn off notifications' }).click();
    await card(page, 'Notifications').getByText('This browser does not notify you of new messages.').waitFor();
    await hide(page);
    await message('after it is off');
    assert.equal((await shown(page)).length, 1);
});

scene('where the browser forbids notifications, the settings say so', async (stage) => {
    const { page } = await stage.person('ada');
    await page.context().grantPermissions([], { origin: stack.url }); // which forbids all that is not in the list
    await openSettings(page);
    await card(page, 'Notifications').getByText('Notifications are switched off for this page in the browser’s settings.').waitFor();
    assert.equal(await card(page, 'Notifications').getByRole('button').count(), 0);
});
