// The forms of the first page in a browser that runs no script.

import assert from 'node:assert/strict';
import { uniqueName } from '../e2e/support/api.mjs';
import { scene, status } from './support/chat.mjs';

scene('without JavaScript one signs up, is told what is wrong, and logs in', async (stage) => {
    stage.expectErrors(status(401), status(422));
    const page = await stage.visitor({ javaScriptEnabled: false });
    const name = uniqueName('plain');
    const password = 'a walk in the rain';

    const signUp = async (secret) => {
        await page.fill('#new-user-name', name);
        await page.fill('#new-password', secret);
        await page.click('#sign-up-form button');
    };
    await signUp('password123');
    await page.locator('#password-too_common:target').waitFor();
    assert.equal(await page.locator('.notice:visible').count(), 1);
    await signUp(password);
    await page.locator('#signed-up:target').waitFor();

    const logIn = async (secret) => {
        await page.fill('#user-name', name);
        await page.fill('#password', secret);
        await page.click('#log-in-form button');
    };
    await logIn(`${password}!`);
    await page.locator('#invalid-credentials:target').waitFor();
    await logIn(password);
    await page.waitForURL(/\/plain/);
    assert.ok((await page.locator('body').textContent()).includes(name));
});
