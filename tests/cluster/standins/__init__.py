"""Images of Postgres, Kafka and Caddy made from the local stack's own programs, where no registry can be reached.

They take the settings that the official images take, as far as ``deploy/compose`` and the tests use them.
"""
