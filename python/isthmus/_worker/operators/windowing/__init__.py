"""How windows are kept and fired. ``make_engine`` chooses the way that fits assigner, trigger and function.

``aligned``   tumbling and sliding time windows with their own trigger: contents by window, fired a window
            at a time.
``sliced``    the same for sliding windows whose function merges: a record goes into one slice, windows are
            put together.
``counted``   count windows with their own trigger.
``merging``   windows that merge (sessions), any trigger.
``general``   every other assigner and trigger.
"""
