"""The five services of the panel; each owns one Postgres schema and publishes one Kafka topic."""
