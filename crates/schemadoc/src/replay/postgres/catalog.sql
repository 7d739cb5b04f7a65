-- Every table and view of the database that belongs to nobody else: one JSON text each.
-- https://www.postgresql.org/docs/current/catalogs.html
WITH relations AS (
    SELECT
        relation.oid,
        CASE schema.nspname WHEN 'public' THEN '' ELSE schema.nspname || '.' END || relation.relname AS name,
        relation.relkind AS kind,
        format('%I.%I', schema.nspname, relation.relname) AS address
    FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
    WHERE relation.relkind IN ('r', 'p', 'f', 'v', 'm') AND relation.relpersistence <> 't'
      AND schema.nspname NOT LIKE 'pg\_%' AND schema.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND deptype = 'e'
      )
)
SELECT json_build_object(
    'number', relation.oid::bigint,
    'name', relation.name,
    'kind', relation.kind,
    'address', relation.address,
    'query', CASE WHEN relation.kind IN ('v', 'm') THEN pg_get_viewdef(relation.oid, true) END,
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
            'number', attribute.attnum,
            'name', attribute.attname,
            'type', format_type(attribute.atttypid, attribute.atttypmod),
            'not_null', attribute.attnotnull,
            'identity', attribute.attidentity,
            'generated', attribute.attgenerated,
            'collation', CASE WHEN attribute.attcollation <> kind.typcollation THEN sorting.collname END,
            'default', pg_get_expr(expression.adbin, expression.adrelid, true),
            'primary_key', coalesce(array_position(primary_key.conkey, attribute.attnum), 0)
        ) ORDER BY attribute.attnum), '[]')
        FROM pg_attribute attribute
        JOIN pg_type kind ON kind.oid = attribute.atttypid
        LEFT JOIN pg_collation sorting ON sorting.oid = attribute.attcollation
        LEFT JOIN pg_attrdef expression
            ON expression.adrelid = attribute.attrelid AND expression.adnum = attribute.attnum
        LEFT JOIN pg_constraint primary_key
            ON primary_key.conrelid = attribute.attrelid AND primary_key.contype = 'p'
        WHERE attribute.attrelid = relation.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ),
    'foreign_keys', (
        SELECT coalesce(json_agg(json_build_object(
            'number', con.oid::bigint,
            'name', con.conname,
            'columns', (
                SELECT json_agg(attname ORDER BY place)
                FROM unnest(con.conkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute ON attrelid = con.conrelid AND attnum = number
            ),
            'parent', coalesce(parent.name, con.confrelid::regclass::text),
            'parent_columns', (
                SELECT json_agg(attname ORDER BY place)
                FROM unnest(con.confkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute ON attrelid = con.confrelid AND attnum = number
            ),
            'on_delete', con.confdeltype,
            'on_update', con.confupdtype
        ) ORDER BY con.oid), '[]')
        FROM pg_constraint con LEFT JOIN relations parent ON parent.oid = con.confrelid
        WHERE con.conrelid = relation.oid AND con.contype = 'f'
    ),
    'indexes', (
        SELECT coalesce(json_agg(json_build_object(
            'number', index.indexrelid::bigint,
            'name', own.relname,
            'unique', index.indisunique,
            'columns', (
                SELECT json_agg(coalesce(attname, pg_get_indexdef(index.indexrelid, place, true)) ORDER BY place)
                FROM generate_series(1, index.indnkeyatts) AS key (place)
                LEFT JOIN pg_attribute ON attrelid = index.indrelid AND attnum = index.indkey[place - 1] AND attnum > 0
            ),
            'where', pg_get_expr(index.indpred, index.indrelid, true),
            'origin', coalesce((
                SELECT CASE contype WHEN 'p' THEN 'pk' ELSE 'u' END FROM pg_constraint
                WHERE conindid = index.indexrelid AND conrelid = relation.oid AND contype IN ('p', 'u')
            ), 'c')
        ) ORDER BY own.relname), '[]')
        FROM pg_index index JOIN pg_class own ON own.oid = index.indexrelid
        WHERE index.indrelid = relation.oid
    ),
    'checks', (
        SELECT coalesce(json_agg(json_build_object(
            'number', con.oid::bigint,
            'name', con.conname,
            'expression', pg_get_expr(con.conbin, con.conrelid, true)
        ) ORDER BY con.oid), '[]')
        FROM pg_constraint con WHERE con.conrelid = relation.oid AND con.contype = 'c'
    ),
    'triggers', (
        SELECT coalesce(
            json_agg(json_build_object('name', tgname, 'sql', pg_get_triggerdef(oid, true)) ORDER BY tgname), '[]'
        )
        FROM pg_trigger WHERE tgrelid = relation.oid AND NOT tgisinternal
    )
)
FROM relations relation
ORDER BY relation.oid
