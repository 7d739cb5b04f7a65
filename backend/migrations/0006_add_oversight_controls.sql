-- Stop and resume, keys that may never come back, and the outcome of a two-step operation.
ALTER TABLE agents ADD COLUMN stopped_at BIGINT; -- NULL while the agent may act
ALTER TABLE agents ADD COLUMN stopped_by TEXT; -- the overseer's id, or 'operator'

ALTER TABLE challenges ADD COLUMN outcome TEXT; -- NULL while pending; 'completed' or 'rejected'
ALTER TABLE challenges ADD COLUMN initiator_id TEXT; -- the overseer who asked, for a claim

-- Keys that an agent has rotated away from: nobody may register them again. No foreign key: a
-- retired key stays retired when its agent is deleted.
CREATE TABLE retired_keys (
    public_key TEXT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL,
    retired_at BIGINT NOT NULL
);

CREATE INDEX idx_client_blocks_overseer ON client_blocks (overseer_id); -- deleting an overseer
