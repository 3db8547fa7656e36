// What was written and not sent yet, a text per conversation; it survives a reload.

const name = (me, other) => `sotto/draft/${me.user_name}/${other}`;

export function loadDraft(me, other) {
    return localStorage.getItem(name(me, other)) ?? '';
}

export function saveDraft(me, other, text) {
    if (text) localStorage.setItem(name(me, other), text);
    else localStorage.removeItem(name(me, other));
}

/** Leaves nothing of the user in this browser: called at log-out, and not when a session ends by itself. */
export function forgetAll(me) {
    for (const key of Object.keys(localStorage)) {
        if (key.startsWith(`sotto/draft/${me.user_name}/`) || key.startsWith(`sotto/outbox/${me.user_name}/`)) {
            localStorage.removeItem(key);
        }
    }
}
