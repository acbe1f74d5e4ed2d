"""A seeded simulation: five services over a broker in memory, with crashes at every point between two steps."""
