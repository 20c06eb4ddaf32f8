// Written by the script `update` beside this file; do not edit.
#include "PythonRuntime.h"

// Clang has #embed from C23 in older modes too, and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

// A zero follows each, which is not counted: an array cannot be empty, a file can.
static const unsigned char file___init___py[] = {
#embed "../../../python/supervisor_worker/__init__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file___main___py[] = {
#embed "../../../python/supervisor_worker/__main__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_bootstrap_py[] = {
#embed "../../../python/supervisor_worker/bootstrap.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog___init___py[] = {
#embed "../../../python/supervisor_worker/cog/__init__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_application_py[] = {
#embed "../../../python/supervisor_worker/cog/application.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_coglet_stand_in_py[] = {
#embed "../../../python/supervisor_worker/cog/coglet_stand_in.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_configuration_py[] = {
#embed "../../../python/supervisor_worker/cog/configuration.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_description_py[] = {
#embed "../../../python/supervisor_worker/cog/description.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_downloads_py[] = {
#embed "../../../python/supervisor_worker/cog/downloads.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_encoding_py[] = {
#embed "../../../python/supervisor_worker/cog/encoding.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_faults_py[] = {
#embed "../../../python/supervisor_worker/cog/faults.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_files_py[] = {
#embed "../../../python/supervisor_worker/cog/files.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_for_children_coglet_py[] = {
#embed "../../../python/supervisor_worker/cog/for_children/coglet.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_inputs_py[] = {
#embed "../../../python/supervisor_worker/cog/inputs.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_loading_py[] = {
#embed "../../../python/supervisor_worker/cog/loading.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_media_types_py[] = {
#embed "../../../python/supervisor_worker/cog/media_types.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_metrics_py[] = {
#embed "../../../python/supervisor_worker/cog/metrics.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_model_py[] = {
#embed "../../../python/supervisor_worker/cog/model.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_outputs_py[] = {
#embed "../../../python/supervisor_worker/cog/outputs.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_package_py[] = {
#embed "../../../python/supervisor_worker/cog/package.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_scope_py[] = {
#embed "../../../python/supervisor_worker/cog/scope.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_cog_scratch_py[] = {
#embed "../../../python/supervisor_worker/cog/scratch.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_handlers_py[] = {
#embed "../../../python/supervisor_worker/handlers.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_outputs_py[] = {
#embed "../../../python/supervisor_worker/outputs.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime___init___py[] = {
#embed "../../../python/supervisor_worker/runtime/__init__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_application_py[] = {
#embed "../../../python/supervisor_worker/runtime/application.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_cancellation_py[] = {
#embed "../../../python/supervisor_worker/runtime/cancellation.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_capture_py[] = {
#embed "../../../python/supervisor_worker/runtime/capture.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_channel_py[] = {
#embed "../../../python/supervisor_worker/runtime/channel.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_executors_py[] = {
#embed "../../../python/supervisor_worker/runtime/executors.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_health_py[] = {
#embed "../../../python/supervisor_worker/runtime/health.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_heartbeat_py[] = {
#embed "../../../python/supervisor_worker/runtime/heartbeat.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_iteration_py[] = {
#embed "../../../python/supervisor_worker/runtime/iteration.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_outcome_py[] = {
#embed "../../../python/supervisor_worker/runtime/outcome.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_outlet_py[] = {
#embed "../../../python/supervisor_worker/runtime/outlet.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_payloads_py[] = {
#embed "../../../python/supervisor_worker/runtime/payloads.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_pipes_py[] = {
#embed "../../../python/supervisor_worker/runtime/pipes.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_run_py[] = {
#embed "../../../python/supervisor_worker/runtime/run.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_signals_py[] = {
#embed "../../../python/supervisor_worker/runtime/signals.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_spool_py[] = {
#embed "../../../python/supervisor_worker/runtime/spool.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_start_py[] = {
#embed "../../../python/supervisor_worker/runtime/start.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_runtime_worker_py[] = {
#embed "../../../python/supervisor_worker/runtime/worker.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema___init___py[] = {
#embed "../../../python/supervisor_worker/schema/__init__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema___main___py[] = {
#embed "../../../python/supervisor_worker/schema/__main__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_annotations_py[] = {
#embed "../../../python/supervisor_worker/schema/annotations.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_bindings_py[] = {
#embed "../../../python/supervisor_worker/schema/bindings.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_calls_py[] = {
#embed "../../../python/supervisor_worker/schema/calls.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_classes_py[] = {
#embed "../../../python/supervisor_worker/schema/classes.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_cog_yaml_py[] = {
#embed "../../../python/supervisor_worker/schema/cog_yaml.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_decorators_py[] = {
#embed "../../../python/supervisor_worker/schema/decorators.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_document_py[] = {
#embed "../../../python/supervisor_worker/schema/document.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_errors_py[] = {
#embed "../../../python/supervisor_worker/schema/errors.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_functions_py[] = {
#embed "../../../python/supervisor_worker/schema/functions.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_generate_py[] = {
#embed "../../../python/supervisor_worker/schema/generate.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_inline_py[] = {
#embed "../../../python/supervisor_worker/schema/inline.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_inputs_py[] = {
#embed "../../../python/supervisor_worker/schema/inputs.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_literals_py[] = {
#embed "../../../python/supervisor_worker/schema/literals.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_models_py[] = {
#embed "../../../python/supervisor_worker/schema/models.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_outputs_py[] = {
#embed "../../../python/supervisor_worker/schema/outputs.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_project_py[] = {
#embed "../../../python/supervisor_worker/schema/project.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_source_py[] = {
#embed "../../../python/supervisor_worker/schema/source.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_values_py[] = {
#embed "../../../python/supervisor_worker/schema/values.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_schema_yaml_subset_py[] = {
#embed "../../../python/supervisor_worker/schema/yaml_subset.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_script_py[] = {
#embed "../../../python/supervisor_worker/script.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_signatures_py[] = {
#embed "../../../python/supervisor_worker/signatures.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire___init___py[] = {
#embed "../../../python/supervisor_worker/wire/__init__.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_errors_py[] = {
#embed "../../../python/supervisor_worker/wire/errors.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_frames_py[] = {
#embed "../../../python/supervisor_worker/wire/frames.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_limits_py[] = {
#embed "../../../python/supervisor_worker/wire/limits.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_manifest_py[] = {
#embed "../../../python/supervisor_worker/wire/manifest.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_messages_py[] = {
#embed "../../../python/supervisor_worker/wire/messages.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_payload_py[] = {
#embed "../../../python/supervisor_worker/wire/payload.py" suffix(, 0) if_empty(0)
};
static const unsigned char file_wire_session_py[] = {
#embed "../../../python/supervisor_worker/wire/session.py" suffix(, 0) if_empty(0)
};

#define FILE_AT(path, bytes) {path, bytes, sizeof bytes - 1}

static const struct python_runtime_file files[] = {
    FILE_AT("__init__.py", file___init___py),
    FILE_AT("__main__.py", file___main___py),
    FILE_AT("bootstrap.py", file_bootstrap_py),
    FILE_AT("cog/__init__.py", file_cog___init___py),
    FILE_AT("cog/application.py", file_cog_application_py),
    FILE_AT("cog/coglet_stand_in.py", file_cog_coglet_stand_in_py),
    FILE_AT("cog/configuration.py", file_cog_configuration_py),
    FILE_AT("cog/description.py", file_cog_description_py),
    FILE_AT("cog/downloads.py", file_cog_downloads_py),
    FILE_AT("cog/encoding.py", file_cog_encoding_py),
    FILE_AT("cog/faults.py", file_cog_faults_py),
    FILE_AT("cog/files.py", file_cog_files_py),
    FILE_AT("cog/for_children/coglet.py", file_cog_for_children_coglet_py),
    FILE_AT("cog/inputs.py", file_cog_inputs_py),
    FILE_AT("cog/loading.py", file_cog_loading_py),
    FILE_AT("cog/media_types.py", file_cog_media_types_py),
    FILE_AT("cog/metrics.py", file_cog_metrics_py),
    FILE_AT("cog/model.py", file_cog_model_py),
    FILE_AT("cog/outputs.py", file_cog_outputs_py),
    FILE_AT("cog/package.py", file_cog_package_py),
    FILE_AT("cog/scope.py", file_cog_scope_py),
    FILE_AT("cog/scratch.py", file_cog_scratch_py),
    FILE_AT("handlers.py", file_handlers_py),
    FILE_AT("outputs.py", file_outputs_py),
    FILE_AT("runtime/__init__.py", file_runtime___init___py),
    FILE_AT("runtime/application.py", file_runtime_application_py),
    FILE_AT("runtime/cancellation.py", file_runtime_cancellation_py),
    FILE_AT("runtime/capture.py", file_runtime_capture_py),
    FILE_AT("runtime/channel.py", file_runtime_channel_py),
    FILE_AT("runtime/executors.py", file_runtime_executors_py),
    FILE_AT("runtime/health.py", file_runtime_health_py),
    FILE_AT("runtime/heartbeat.py", file_runtime_heartbeat_py),
    FILE_AT("runtime/iteration.py", file_runtime_iteration_py),
    FILE_AT("runtime/outcome.py", file_runtime_outcome_py),
    FILE_AT("runtime/outlet.py", file_runtime_outlet_py),
    FILE_AT("runtime/payloads.py", file_runtime_payloads_py),
    FILE_AT("runtime/pipes.py", file_runtime_pipes_py),
    FILE_AT("runtime/run.py", file_runtime_run_py),
    FILE_AT("runtime/signals.py", file_runtime_signals_py),
    FILE_AT("runtime/spool.py", file_runtime_spool_py),
    FILE_AT("runtime/start.py", file_runtime_start_py),
    FILE_AT("runtime/worker.py", file_runtime_worker_py),
    FILE_AT("schema/__init__.py", file_schema___init___py),
    FILE_AT("schema/__main__.py", file_schema___main___py),
    FILE_AT("schema/annotations.py", file_schema_annotations_py),
    FILE_AT("schema/bindings.py", file_schema_bindings_py),
    FILE_AT("schema/calls.py", file_schema_calls_py),
    FILE_AT("schema/classes.py", file_schema_classes_py),
    FILE_AT("schema/cog_yaml.py", file_schema_cog_yaml_py),
    FILE_AT("schema/decorators.py", file_schema_decorators_py),
    FILE_AT("schema/document.py", file_schema_document_py),
    FILE_AT("schema/errors.py", file_schema_errors_py),
    FILE_AT("schema/functions.py", file_schema_functions_py),
    FILE_AT("schema/generate.py", file_schema_generate_py),
    FILE_AT("schema/inline.py", file_schema_inline_py),
    FILE_AT("schema/inputs.py", file_schema_inputs_py),
    FILE_AT("schema/literals.py", file_schema_literals_py),
    FILE_AT("schema/models.py", file_schema_models_py),
    FILE_AT("schema/outputs.py", file_schema_outputs_py),
    FILE_AT("schema/project.py", file_schema_project_py),
    FILE_AT("schema/source.py", file_schema_source_py),
    FILE_AT("schema/values.py", file_schema_values_py),
    FILE_AT("schema/yaml_subset.py", file_schema_yaml_subset_py),
    FILE_AT("script.py", file_script_py),
    FILE_AT("signatures.py", file_signatures_py),
    FILE_AT("wire/__init__.py", file_wire___init___py),
    FILE_AT("wire/errors.py", file_wire_errors_py),
    FILE_AT("wire/frames.py", file_wire_frames_py),
    FILE_AT("wire/limits.py", file_wire_limits_py),
    FILE_AT("wire/manifest.py", file_wire_manifest_py),
    FILE_AT("wire/messages.py", file_wire_messages_py),
    FILE_AT("wire/payload.py", file_wire_payload_py),
    FILE_AT("wire/session.py", file_wire_session_py),
};

const struct python_runtime_file *python_runtime_file(size_t index) {
    return index < sizeof files / sizeof *files ? &files[index] : NULL;
}
