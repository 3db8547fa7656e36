// Questions that stand above everything until they are answered.

import { h } from '../dom.js';
import { t } from '../text.js';

/** Opens a dialog with this title and content, which closes with Escape; returns it. It is gone from the page once closed. */
export function openDialog(title, ...content) {
    const id = `dialog-${crypto.randomUUID()}`;
    const dialog = h('dialog', { 'aria-labelledby': id }, h('h2', { id }, title), ...content);
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/** Asks before something that can't be taken back; resolves with whether to do it. */
export function confirm(title, explanation, action) {
    return new Promise((resolve) => {
        const dialog = openDialog(
            title,
            h('p', {}, explanation),
            h(
                'div',
                { class: 'buttons' },
                h('button', { type: 'button', class: 'quiet', autofocus: true, onclick: () => dialog.close() }, t('dialog.cancel')),
                h('button', { type: 'button', class: 'danger', onclick: () => dialog.close('yes') }, action),
            ),
        );
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
    });
}
