// Signing up and logging in. The forms stand in index.html, and work without this too.

import { get, post, Unreachable } from '../api.js';
import { h } from '../dom.js';
import { t } from '../text.js';
import { problemText, showFieldErrors } from './problem.js';

const page = document.getElementById('welcome');
const notice = document.getElementById('welcome-notice');

/** Shows the two forms, with a notice above where there is something to say; resolves with the user who has logged in. */
export function showWelcome(text) {
    document.documentElement.classList.remove('known');
    document.title = t('app.title');
    page.hidden = false;
    setNotice(text);
    return new Promise((resolve) => {
        const listening = new AbortController();
        for (const form of page.querySelectorAll('form')) {
            form.addEventListener(
                'submit',
                async (event) => {
                    event.preventDefault();
                    const user = await submit(form);
                    if (!user) return;
                    listening.abort();
                    page.hidden = true;
                    setNotice();
                    form.reset();
                    resolve(user);
                },
                { signal: listening.signal },
            );
        }
    });
}

function setNotice(text) {
    notice.replaceChildren(...(text ? [h('p', { class: 'notice shown' }, text)] : []));
}

/** The user who is logged in now, or nothing where the form says why not. */
async function submit(form) {
    const button = form.querySelector('button');
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
    setNotice();
    showFieldErrors(form, []);
    button.disabled = true;
    try {
        if (form.id === 'sign-up-form') await post('/users', fields);
        const { user_name, password } = fields;
        await post('/sessions', { user_name, password });
        return await get('/users/me');
    } catch (error) {
        const errors = error.kind === 'user-name-taken' ? [{ field: 'user_name', code: 'taken' }] : (error.errors ?? []);
        if (!errors.length || !showFieldErrors(form, errors)) {
            setNotice(error instanceof Unreachable ? t('problem.unreachable') : problemText(error));
        }
        return undefined;
    } finally {
        button.disabled = false;
    }
}
