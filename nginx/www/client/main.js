// Where the client starts: who is here, then their conversations; at the end of the session back to the log-in.

import { get, onSessionEnd, waitAfter } from './api.js';
import { t, translate } from './text.js';
import { showChat } from './view/chat.js';
import { showWelcome } from './view/welcome.js';

/** The user whose session this browser has, or nothing; waits for a server that is away. Somebody who never logged in here isn't asked for. */
async function whoIsHere() {
    if (!localStorage.getItem('sotto/user')) return undefined;
    for (let failures = 0; ; failures++) {
        try {
            return await get('/users/me');
        } catch (error) {
            if (!error.isTemporary) return undefined;
            document.documentElement.classList.remove('known');
            document.getElementById('welcome-notice').textContent = t('problem.unreachable');
            await new Promise((resolve) => setTimeout(resolve, waitAfter(failures)));
            document.getElementById('welcome-notice').textContent = '';
        }
    }
}

translate(document);
let user = await whoIsHere();
// All tabs have one cookie: when another one logs out, or in as somebody else, this one must not go on in the old name.
window.addEventListener('storage', ({ key, newValue }) => {
    if (key === 'sotto/user' && (newValue ?? undefined) !== user?.user_name) location.reload();
});
for (let notice; ; ) {
    user ??= await showWelcome(notice);
    document.getElementById('welcome').hidden = true;
    localStorage.setItem('sotto/user', user.user_name);
    const loggedOut = await new Promise((end) => {
        const chat = showChat(user, () => end(true));
        onSessionEnd(() => {
            if (chat.isLeaving) return;
            chat.close();
            end(false);
        });
    });
    onSessionEnd(() => {});
    localStorage.removeItem('sotto/user');
    notice = loggedOut ? undefined : t('welcome.session-ended');
    user = undefined;
}
