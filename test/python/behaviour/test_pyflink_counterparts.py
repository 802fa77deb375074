"""PyFlink's own tests of streams, windows, async functions and formats, by name, and what stands for each here.

The behaviour is the same, the tests are ours. What has no counterpart says why.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]

#: By PyFlink's file and test: ours, as ``folder/module::test``.
COUNTERPARTS: dict[str, dict[str, list[str]]] = {
    "test_data_stream.py": {
        "test_basic_operations": [
            "behaviour/test_stream_basics::test_typed_records_pass_through_functions_of_every_kind"
        ],
        "test_partition_custom": [
            "behaviour/test_stream_basics::test_a_custom_partitioner_is_told_how_many_there_are_and_obeyed"
        ],
        "test_keyed_process_function_with_state": [
            "behaviour/test_keyed_functions::test_value_list_and_map_state_belong_to_the_key"
        ],
        "test_reducing_state": [
            "behaviour/test_keyed_functions::test_reducing_and_aggregating_state_fold_what_is_added"
        ],
        "test_aggregating_state": [
            "behaviour/test_keyed_functions::test_reducing_and_aggregating_state_fold_what_is_added"
        ],
        "test_basic_co_operations": [
            "behaviour/test_two_inputs::test_two_streams_are_mapped_each_its_own_way"
        ],
        "test_keyed_co_process": [
            "behaviour/test_two_inputs::test_a_keyed_co_process_function_counts_both_inputs_and_fires_its_timer"
        ],
        "test_co_broadcast_process": [
            "behaviour/test_two_inputs::test_broadcast_state_reaches_every_subtask",
            "behaviour/test_two_inputs::test_read_only_broadcast_state_cannot_be_written",
        ],
        "test_keyed_co_broadcast_process": [
            "behaviour/test_two_inputs::test_keyed_broadcast_has_state_of_both_kinds_and_timers"
        ],
        "test_process_side_output": ["behaviour/test_side_outputs::test_a_process_function_has_several"],
        "test_side_output_chained_with_upstream_operator": [
            "behaviour/test_side_outputs::test_a_process_function_has_several"
        ],
        "test_process_multiple_side_output": [
            "behaviour/test_side_outputs::test_a_process_function_has_several"
        ],
        "test_co_process_side_output": [
            "behaviour/test_side_outputs::test_a_co_process_function_has_them_from_both_inputs"
        ],
        "test_co_broadcast_side_output": [
            "behaviour/test_side_outputs::test_a_broadcast_process_function_has_them_once_in_each_subtask"
        ],
        "test_keyed_process_side_output": [
            "behaviour/test_side_outputs::test_a_keyed_process_function_has_them"
        ],
        "test_keyed_co_process_side_output": [
            "behaviour/test_side_outputs::test_a_keyed_co_process_function_has_them"
        ],
        "test_keyed_co_broadcast_side_output": [
            "behaviour/test_side_outputs::test_a_keyed_broadcast_process_function_has_them"
        ],
        "test_side_output_stream_execute_and_collect": [
            "behaviour/test_side_outputs::test_a_side_output_can_be_collected_alone"
        ],
        "test_side_output_tag_reusing": [
            "behaviour/test_side_outputs::test_one_tag_serves_several_operators"
        ],
        "test_reduce_with_state": [
            "behaviour/test_keyed_functions::test_reduce_gives_running_results_when_streaming_and_final_ones_in_batch"
        ],
        "test_basic_co_operations_with_output_type": [
            "behaviour/test_two_inputs::test_two_streams_are_mapped_each_its_own_way"
        ],
        "test_keyed_co_map": [
            "behaviour/test_two_inputs::test_a_co_map_on_keyed_streams_has_state_for_both_inputs",
            "behaviour/test_two_inputs::test_where_one_stream_is_keyed_and_the_other_is_not_neither_is",
        ],
        "test_keyed_co_flat_map": [
            "behaviour/test_two_inputs::test_a_co_flat_map_on_keyed_streams_shares_map_state"
        ],
        "test_keyed_map": ["behaviour/test_keyed_functions::test_a_map_function_has_keyed_state"],
        "test_keyed_flat_map": ["behaviour/test_keyed_functions::test_a_flat_map_function_has_keyed_state"],
        "test_keyed_filter": [
            "behaviour/test_keyed_functions::test_a_filter_function_has_keyed_state_and_passes_the_record_on"
        ],
        "test_multi_key_by": ["behaviour/test_stream_basics::test_the_last_of_several_keys_counts"],
        "test_collection_type_info": [
            "behaviour/test_stream_basics::test_fields_of_every_declared_type_arrive_as_they_were"
        ],
        "test_process_function": ["behaviour/test_stream_basics::test_a_process_function_sees_timestamps"],
        "test_keyed_sum": [
            "behaviour/test_keyed_functions::test_sum_takes_a_name_a_position_or_the_first_field",
            "behaviour/test_keyed_functions::test_sum_in_batch_gives_one_result_a_key",
        ],
        "test_keyed_min_by_and_max": [
            "behaviour/test_keyed_functions::test_min_by_and_max_of_named_fields_streaming",
            "behaviour/test_keyed_functions::test_min_and_max_of_strings_and_numbers_in_batch",
        ],
        "test_metrics": ["behaviour/test_stream_basics::test_functions_make_metrics"],
        "test_data_stream_name": ["behaviour/test_stream_basics::test_a_stream_has_the_name_of_its_operator"],
        "test_set_parallelism": ["api/test_streams::test_settings_return_the_stream_and_reach_the_job_graph"],
        "test_set_max_parallelism": [
            "api/test_streams::test_settings_return_the_stream_and_reach_the_job_graph"
        ],
        "test_force_non_parallel": [
            "api/test_streams::test_settings_return_the_stream_and_reach_the_job_graph"
        ],
        "test_union": [
            "api/test_streams::test_a_union_reads_all_its_streams",
            "behaviour/test_unions::test_rows_have_the_names_of_the_first",
        ],
        "test_keyed_stream_union": [
            "api/test_streams::test_a_union_with_itself_doubles_and_keyed_streams_join_too"
        ],
        "test_project": ["api/test_streams::test_projection_takes_fields_in_the_order_given"],
        "test_broadcast": ["api/test_streams::test_the_plan_names_the_partitioning"],
        "test_rebalance": ["api/test_streams::test_the_plan_names_the_partitioning"],
        "test_rescale": ["api/test_streams::test_the_plan_names_the_partitioning"],
        "test_shuffle": ["api/test_streams::test_the_plan_names_the_partitioning"],
        "test_keyed_stream_partitioning": [
            "behaviour/test_stream_basics::test_a_keyed_stream_cannot_be_partitioned_otherwise"
        ],
        "test_chaining_strategy": [
            "api/test_streams::test_an_operator_may_begin_a_chain_or_be_alone_for_good"
        ],
        "test_execute_and_collect": [
            "behaviour/test_stream_basics::test_collected_records_are_what_was_put_in",
            "behaviour/test_stream_basics::test_collecting_a_few",
            "behaviour/test_order_of_results::test_a_keyed_stream_is_collected_in_order",
        ],
        "test_function_with_error": [
            "behaviour/test_stream_basics::test_an_error_of_a_function_ends_the_job_and_says_what_was_wrong"
        ],
        "test_data_with_custom_class": [
            "behaviour/test_stream_basics::test_records_may_be_of_a_class_of_the_program"
        ],
        "test_logging_msg": [
            "driver/test_running::test_logging_in_functions_reaches_the_loggers_of_the_program"
        ],
    },
    "test_window.py": {
        "test_event_time_tumbling_window": ["behaviour/test_windows_of_streams::test_event_time_windows"],
        "test_count_tumbling_window": ["behaviour/test_windows_of_streams::test_count_windows"],
        "test_event_time_sliding_window": ["behaviour/test_windows_of_streams::test_event_time_windows"],
        "test_count_sliding_window": ["behaviour/test_windows_of_streams::test_count_windows"],
        "test_event_time_session_window": ["behaviour/test_windows_of_streams::test_event_time_windows"],
        "test_event_time_dynamic_gap_session_window": [
            "behaviour/test_windows_of_streams::test_event_time_windows"
        ],
        "test_window_reduce_passthrough": ["behaviour/test_windows_of_streams::test_sessions_of_each_key"],
        "test_window_reduce_process": ["behaviour/test_windows_of_streams::test_sessions_of_each_key"],
        "test_window_aggregate_passthrough": ["behaviour/test_windows_of_streams::test_sessions_of_each_key"],
        "test_window_aggregate_accumulator_type": [
            "behaviour/test_windows_of_streams::test_sessions_of_each_key"
        ],
        "test_window_aggregate_process": ["behaviour/test_windows_of_streams::test_sessions_of_each_key"],
        "test_session_window_late_merge": ["behaviour/test_windows_of_streams::test_event_time_windows"],
        "test_event_time_session_window_with_purging_trigger": [
            "behaviour/test_windows_of_streams::test_a_purging_trigger_on_sessions"
        ],
        "test_global_window_with_purging_trigger": [
            "behaviour/test_windows_of_streams::test_a_purging_count_trigger_on_the_global_window"
        ],
        "test_event_time_tumbling_window_all": [
            "behaviour/test_windows_of_streams::test_tumbling_windows_of_all_records"
        ],
        "test_window_all_reduce": ["behaviour/test_windows_of_streams::test_sessions_of_all_records"],
        "test_window_all_reduce_process": ["behaviour/test_windows_of_streams::test_sessions_of_all_records"],
        "test_window_all_aggregate": ["behaviour/test_windows_of_streams::test_sessions_of_all_records"],
        "test_window_all_aggregate_process": [
            "behaviour/test_windows_of_streams::test_sessions_of_all_records"
        ],
        "test_side_output_late_data": [
            "behaviour/test_windows_of_streams::test_late_records_go_to_the_side_output"
        ],
        "test_chained_window": [
            "behaviour/test_windows_of_streams::test_operators_follow_windows_in_their_chain"
        ],
        "test_le_method": [
            "behaviour/test_windows_of_streams::test_windows_of_time_are_compared_by_their_start_and_their_end"
        ],
    },
    "test_async_function.py": {
        "test_unordered_mode": [
            "behaviour/test_async_functions::test_unordered_results_come_as_they_are_ready"
        ],
        "test_ordered_mode": [
            "behaviour/test_async_functions::test_ordered_results_come_in_the_order_of_their_records"
        ],
        "test_watermark": ["operators/test_async_wait::test_no_result_crosses_a_watermark"],
        "test_non_iterable_result": [
            "behaviour/test_async_functions::test_what_is_no_list_of_results_fails_the_job"
        ],
        "test_none_result": ["behaviour/test_async_functions::test_a_function_may_have_no_result"],
        "test_raise_exception_in_async_invoke": [
            "operators/test_async_wait::test_an_exception_names_the_record"
        ],
        "test_raise_exception_in_timeout": [
            "behaviour/test_async_functions::test_a_timeout_that_raises_fails_the_job"
        ],
        "test_processing_timeout": ["behaviour/test_async_functions::test_a_timeout_may_answer_instead"],
        "test_async_with_retry": [
            "behaviour/test_async_functions::test_a_retry_strategy_calls_again",
            "behaviour/test_async_functions::test_when_the_retries_are_used_up_the_last_error_counts",
        ],
    },
    "test_csv.py": {
        "test_csv_primitive_column": ["api/test_csv_columns::test_columns_of_every_simple_type"],
        "test_csv_add_columns_from": ["api/test_csv_columns::test_the_array_separator_is_that_of_the_column"],
        "test_csv_array_column": ["api/test_csv_columns::test_the_array_separator_is_that_of_the_column"],
        "test_csv_allow_comments": ["api/test_csv_and_json::test_headers_comments_and_separators"],
        "test_csv_use_header": ["api/test_csv_and_json::test_headers_comments_and_separators"],
        "test_csv_strict_headers": ["api/test_csv_and_json::test_headers_comments_and_separators"],
        "test_csv_default_null_value": ["api/test_csv_and_json::test_csv_files_are_read_by_type"],
        "test_csv_default_quote_char": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_customize_quote_char": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_use_escape_char": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_primitive_column_write": ["api/test_csv_columns::test_columns_of_every_simple_type"],
        "test_csv_array_column_write": [
            "api/test_csv_columns::test_the_array_separator_is_that_of_the_column"
        ],
        "test_csv_default_quote_char_write": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_customize_quote_char_write": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_use_escape_char_write": ["api/test_csv_columns::test_quotes_and_escapes_of_files"],
        "test_csv_row_serialization_schema": [
            "api/test_csv_columns::test_values_are_written_by_their_type_and_read_again",
            "api/test_csv_columns::test_the_text_for_no_value_holds_within_arrays_and_rows",
        ],
    },
    "test_json.py": {
        "test_json_row_serialization_deserialization_schema": [
            "api/test_csv_and_json::test_json_rows_as_bytes"
        ],
    },
    "test_file_system.py": {
        "test_stream_file_sink": ["behaviour/test_unions::test_names_are_those_of_files_too"],
        "test_file_source": ["behaviour/test_files_in::test_lines_of_every_unicode_encoding"],
        "test_file_sink": [
            "behaviour/test_file_sink::test_folders_are_named_by_the_clock_of_their_time_zone"
        ],
    },
    "test_seq_source.py": {
        "test_seq_source": ["api/test_environment::test_number_sequences_are_inclusive_and_parallel"],
    },
}

#: What PyFlink tests and has no meaning here.
WITHOUT = {
    "test_slot_sharing_group": "slot sharing groups are accepted, and a slot holds one subtask of every task",
    "test_run_async_function_in_thread_mode": "PyFlink refuses async functions in its thread mode; here there is one mode",
}


@lru_cache
def _names_in(module: str) -> set[str]:
    tree = ast.parse((_TESTS / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("file", COUNTERPARTS)
def test_every_counterpart_is_there(file):
    for name, ours in COUNTERPARTS[file].items():
        assert ours, name
        assert name not in WITHOUT
        for counterpart in ours:
            module, _, test = counterpart.partition("::")
            assert test in _names_in(module), f"{file} {name}: there is no {counterpart}"
