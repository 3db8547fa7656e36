// Several tabs of one browser, which have one cookie and one localStorage.

import assert from 'node:assert/strict';
import { newcomer, stack } from '../e2e/support/api.mjs';
import { bubble, converse, scene, status, texts, write } from './support/chat.mjs';

scene('what one tab sends shows in the other, once', async (stage) => {
    const [ada, bob] = [await stage.person('ada'), await newcomer('bob')];
    const second = await ada.page.context().newPage();
    await converse(second, bob.name);
    await converse(ada.page, bob.name);
    await write(ada.page, 'from the first');
    await bubble(second, 'from the first').waitFor();
    await write(second, 'from the second');
    await bubble(ada.page, 'from the second').waitFor();
    const stored = (await ada.client.read(`/messages?with=${bob.name}&order=asc`)).messages.map(({ text }) => text);
    assert.deepEqual(stored, ['from the first', 'from the second']);
    for (const page of [ada.page, second]) assert.deepEqual(await texts(page), stored);
});

scene('logging out in one tab logs out the other', async (stage) => {
    stage.expectErrors(status(401));
    const ada = await stage.person('ada');
    const second = await ada.page.context().newPage();
    await second.goto(`${stack.url}/`);
    await second.locator('.list').waitFor();
    await ada.page.goto(`${stack.url}/#/settings`);
    await ada.page.locator('.settings header').getByRole('button', { name: 'Log out' }).click();
    await second.locator('#log-in-form').waitFor();
    assert.equal(await second.isVisible('.list'), false);
});

scene('after another tab has logged in as somebody else nothing is sent in the new name', async (stage) => {
    stage.expectErrors(status(403), status(401), status(404));
    const [ada, eve, bob] = [await stage.person('ada'), await newcomer('eve'), await newcomer('bob')];
    await converse(ada.page, bob.name);
    // The cookie alone, as in the moment before the other tab says who is there now.
    await ada.page.context().addCookies([
        { name: '__Host-session', value: eve.sessionToken, url: stack.url, secure: true, httpOnly: true, sameSite: 'Lax' },
    ]);
    await write(ada.page, 'in whose name?');
    await ada.page.locator('.message.refused').getByText('You have logged in as somebody else').waitFor();
    assert.equal((await eve.read('/messages?box=sent')).messages.length, 0);
    assert.equal((await bob.read('/messages?box=received')).messages.length, 0);

    const second = await ada.page.context().newPage();
    await second.goto(`${stack.url}/`);
    await second.evaluate((name) => localStorage.setItem('sotto/user', name), eve.name);
    await ada.page.waitForFunction(() => !document.querySelector('.message'));
    assert.equal((await eve.read('/messages?box=sent')).messages.length, 0, 'nor after the reload');
});
