"""Settings, twin of ``src/config``: the table, what texts say, and what workers are told.

The runtime resolves the settings of a job, once, and tells its workers (``Settings.of``). Here a text is read only for what
runs without a job (harnesses) and for the getters of an environment, by the same rules (``test/vectors/settings.json``).
"""
