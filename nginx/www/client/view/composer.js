// The field to write in: a new message, or the edit of an old one.

import { call, patch } from '../api.js';
import { h, iconButton } from '../dom.js';
import { loadDraft, saveDraft } from '../model/drafts.js';
import { t } from '../text.js';
import { askForImage, askForVideo } from './links.js';
import { problemText } from './problem.js';

const mostCharacters = 4000;
const typingInterval = 4_000;

export class Composer {
    #chat;
    #other;
    #callbacks;
    #edited; // the message that is being edited
    #typingToldAt = 0;

    #error = h('p', { class: 'field-error', id: 'composer-error', role: 'alert' });
    #count = h('span', { class: 'count', id: 'composer-count' });
    #editing = h(
        'p',
        { class: 'editing', hidden: true },
        t('composer.editing'),
        h('button', { type: 'button', class: 'quiet', onclick: () => this.#stopEditing() }, t('dialog.cancel')),
    );
    #text = h('textarea', {
        id: 'composer',
        rows: 1,
        dir: 'auto',
        'aria-describedby': 'composer-count composer-error',
        oninput: () => this.#changed(),
        onkeydown: (event) => this.#key(event),
    });
    #attach = [
        iconButton('image', t('composer.image'), { onclick: () => askForImage((content) => this.#callbacks.onSend(content)) }),
        iconButton('video', t('composer.video'), { onclick: () => askForVideo((content) => this.#callbacks.onSend(content)) }),
    ];
    #form = h(
        'form',
        { onsubmit: (event) => this.#submit(event) },
        this.#editing,
        h('label', { class: 'visually-hidden', for: 'composer' }, t('composer.label')),
        this.#attach,
        this.#text,
        iconButton('send', t('composer.send'), { type: 'submit', class: 'icon-button send' }),
        this.#count,
        this.#error,
    );
    #closed = h('p', { class: 'closed' });

    /** callbacks: onSend(content), onEdited(message), lastOwn() → the message that ArrowUp in an empty field edits. */
    constructor(chat, other, callbacks) {
        this.#chat = chat;
        this.#other = other;
        this.#callbacks = callbacks;
        this.#text.placeholder = t('composer.label');
        this.#text.value = loadDraft(chat.me, other);
        this.element = h('footer', { class: 'composer' }, this.#form, this.#closed);
        this.#changed();
        this.open();
    }

    open() {
        this.#form.hidden = false;
        this.#closed.hidden = true;
    }

    /** Takes the field away, for the reason given. */
    close(reason = '') {
        this.#form.hidden = true;
        this.#closed.hidden = !reason;
        this.#closed.textContent = reason;
    }

    focus() {
        this.#text.focus();
    }

    /** Starts editing a message of mine. */
    edit(message) {
        this.#edited = message;
        this.#editing.hidden = false;
        for (const button of this.#attach) button.hidden = true;
        this.#text.value = message.text ?? '';
        this.#changed();
        this.focus();
    }

    #stopEditing() {
        this.#edited = undefined;
        this.#editing.hidden = true;
        for (const button of this.#attach) button.hidden = false;
        this.#text.value = loadDraft(this.#chat.me, this.#other);
        this.#changed();
        this.focus();
    }

    #changed() {
        const text = this.#text.value;
        const left = mostCharacters - [...text].length;
        this.#count.textContent = left < 200 ? t('composer.left', { count: left }) : '';
        this.#count.classList.toggle('over', left < 0);
        this.#error.textContent = '';
        if (this.#edited) return;
        saveDraft(this.#chat.me, this.#other, text);
        if (text && document.activeElement === this.#text) this.#tellTyping();
    }

    /** At most every few seconds; whether it arrives doesn't matter. */
    #tellTyping() {
        const now = Date.now();
        if (now - this.#typingToldAt < typingInterval || !this.#chat.inbox.find(this.#other)) return;
        this.#typingToldAt = now;
        call('POST', `/conversations/${encodeURIComponent(this.#other)}/typing`).catch(() => {});
    }

    #key(event) {
        if (event.isComposing) return;
        if (event.key === 'Enter' && !event.shiftKey && matchMedia('(pointer: fine)').matches) {
            event.preventDefault();
            this.#form.requestSubmit();
        } else if (event.key === 'Escape' && this.#edited) {
            this.#stopEditing();
        } else if (event.key === 'ArrowUp' && !this.#text.value && !this.#edited) {
            const message = this.#callbacks.lastOwn();
            if (!message) return;
            event.preventDefault();
            this.edit(message);
        }
    }

    async #submit(event) {
        event.preventDefault();
        const text = this.#text.value;
        if ([...text].length > mostCharacters) {
            this.#error.textContent = t('field.text.too_long');
        } else if (this.#edited) {
            await this.#saveEdit(text);
        } else if (text.trim()) {
            this.#text.value = '';
            this.#typingToldAt = 0;
            this.#changed();
            this.#callbacks.onSend({ type: 'text', text });
        }
        this.focus();
    }

    async #saveEdit(text) {
        const message = this.#edited;
        if (!text.trim() && message.type === 'text') {
            this.#error.textContent = t('field.text.required');
            return;
        }
        try {
            if (text !== (message.text ?? '')) this.#callbacks.onEdited(await patch(`/messages/${message.id}`, { text: text.trim() ? text : null }));
            this.#stopEditing();
        } catch (error) {
            this.#error.textContent = problemText(error);
        }
    }
}
