-- Editing and deleting one's own message in one round trip: the row, the conversation's change count and the commit.
-- p_text is the new text or caption (NULL takes a caption away); p_delete leaves a tombstone with the number and nothing else.
--
-- Answers one row: outcome, sender_id, seen_long_ago, recipient_id, recipient, then the message as it is now. `outcome` is
--   changed      done and committed
--   unchanged    it was deleted before, and is to be deleted
--   no_session   the session is unknown, ended or expired
--   not_found    no such message in a conversation of the caller's, or an edit of a deleted one
--   not_sender   the other one has written it
--   no_text      a text message can't be left without text

CREATE OR REPLACE PROCEDURE change_message(
    p_session      BINARY(16),
    p_conversation BIGINT,
    p_seq          BIGINT,
    p_delete       BOOLEAN,
    p_text         VARCHAR(4000) CHARACTER SET utf8mb4
)
    SQL SECURITY INVOKER
    MODIFIES SQL DATA
BEGIN
    DECLARE v_outcome VARCHAR(12) DEFAULT NULL;
    DECLARE v_attempts INT DEFAULT 0;
    DECLARE v_caller, v_sender BIGINT;
    DECLARE v_seen_long_ago BOOLEAN DEFAULT FALSE;
    DECLARE v_type VARCHAR(5);
    DECLARE v_deleted DATETIME(3);

    SELECT s.user_id, s.last_seen_at < UTC_TIMESTAMP(3) - INTERVAL 5 MINUTE, m.sender_id
    INTO v_caller, v_seen_long_ago, v_sender
    FROM sessions s
    LEFT JOIN conversations c ON c.id = p_conversation AND s.user_id IN (c.user_lo, c.user_hi)
    LEFT JOIN messages m ON m.conversation_id = c.id AND m.seq = p_seq
    WHERE s.id = p_session AND s.expires_at > UTC_TIMESTAMP(3);

    IF v_caller IS NULL THEN
        SET v_outcome = 'no_session';
    ELSEIF v_sender IS NULL THEN
        SET v_outcome = 'not_found';
    ELSEIF v_sender <> v_caller THEN
        SET v_outcome = 'not_sender';
    END IF;

    WHILE v_outcome IS NULL DO
        BEGIN
            DECLARE EXIT HANDLER FOR 1213, 1205, 1020
            BEGIN
                ROLLBACK;
                SET v_attempts = v_attempts + 1;
                IF v_attempts >= 5 THEN
                    RESIGNAL;
                END IF;
            END;
            DECLARE EXIT HANDLER FOR SQLEXCEPTION
            BEGIN
                ROLLBACK;
                RESIGNAL;
            END;

            START TRANSACTION;
            -- The conversation first, as a send takes its locks.
            UPDATE conversations SET change_count = change_count + 1 WHERE id = p_conversation;
            SELECT type, deleted_at
            INTO v_type, v_deleted
            FROM messages
            WHERE conversation_id = p_conversation AND seq = p_seq
            FOR UPDATE;

            IF v_deleted IS NOT NULL THEN
                ROLLBACK;
                SET v_outcome = IF(p_delete, 'unchanged', 'not_found');
            ELSEIF p_delete THEN
                UPDATE messages
                SET text = NULL, url = NULL, width = NULL, height = NULL, duration_s = NULL, source = NULL,
                    edited_at = NULL, deleted_at = SYSDATE(3)
                WHERE conversation_id = p_conversation AND seq = p_seq;
                COMMIT;
                SET v_outcome = 'changed';
            ELSEIF v_type = 'text' AND p_text IS NULL THEN
                ROLLBACK;
                SET v_outcome = 'no_text';
            ELSE
                UPDATE messages
                SET text = p_text, edited_at = SYSDATE(3)
                WHERE conversation_id = p_conversation AND seq = p_seq;
                COMMIT;
                SET v_outcome = 'changed';
            END IF;
        END;
    END WHILE;

    IF v_outcome IN ('changed', 'unchanged') THEN
        SELECT v_outcome AS outcome, v_caller AS sender_id, v_seen_long_ago AS seen_long_ago, m.recipient_id, u.user_name,
               m.seq, m.sender_id, m.type, m.text, m.url, m.width, m.height, m.duration_s, m.source, m.created_at,
               m.edited_at, m.deleted_at
        FROM messages m JOIN users u ON u.id = m.recipient_id
        WHERE m.conversation_id = p_conversation AND m.seq = p_seq;
    ELSE
        SELECT v_outcome AS outcome, v_caller AS sender_id, v_seen_long_ago AS seen_long_ago;
    END IF;
END;
