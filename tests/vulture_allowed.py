# SPDX-License-Identifier: Apache-2.0
"""What vulture takes for unused in `src`, by who uses it."""

from maalem.app.loop import latest_dataset, latest_exam, latest_runs, open_workspace
from maalem.corpus.child import main
from maalem.evaluation import shuffled_control
from maalem.models.quick import QuickGear
from maalem.models.tiny import TinyKind
from maalem.release import figures
from maalem.sealing import inside, watched, watching
from maalem.store.merkle import consistency_holds, consistency_path
from maalem.training.local import LocalEngine


class Anything:
    """Stands for an object of a class that is not named here."""

    def __getattr__(self, name):
        return name


_ = Anything()

# The Python API.
(latest_dataset, latest_exam, latest_runs, open_workspace, shuffled_control)
(QuickGear.learn, QuickGear.forget, QuickGear.refit)
(consistency_holds, consistency_path)

# Run as a child process, or found by entry points.
(main, TinyKind, LocalEngine, inside.main, watched.main, watching.main)

# Keys of what one side of a seal tells the other.
(_.port6, _.check_only)

# Called by the template of the dossier.
(_.text_in,)

# Called by the templates of the release page.
(figures.forest, figures.by_slice, figures.drift, figures.error_axis)
(figures.promise_after, figures.saving, _.is_main, _.axis, _.direction, _.duration)

# Read by the templates of the desk.
(_.outlook, _.answers_share, _.removed, _.gained, _.leaked, _.labels_in_text)
(_.outlook, _.answers_share, _.read_at)
(_.band, _.dots, _.unqualified, _.minutes, _.preview, _.is_last, _.week, _.is_person)
(_.refresh, _.bottom, _.has_probes, _.latency, _.standing, _.middle, _.others, _.when)

# Read by click, FastAPI, http.client, torch, tokenizers, sqlite3, psycopg and `with`,
# httptools and uvicorn.
# Drawn by the desk's page of the gateway.
(_.by_hour,)

# Read by click, FastAPI, http.client, torch, tokenizers, sqlite3, psycopg and `with`.
(_.list_commands, _.get_command, _.format_commands, _.default_map, _.check)
(_.list_, _.operation_id, _.openapi_extra, _.sock)
(_.on_body, _.keep_alive, _.atexit)
(_.requires_grad, _.normalizer, _.pre_tokenizer, _.post_processor)
(_._attn_implementation, _.text_factory, _.trace, _.itersize)

# Read by FastAPI; what identity providers may add to an address.
(_.route_class, _.iss, _.error_description, _.error_uri, _.session_state)
(_.authuser, _.prompt, _.hd)

# Fields that are written down, shown as JSON or read by people.
(_.model_config, _.duplicate, _.answered_today, _.effect, _.guideline_version)
(_.needs_expert, _.pieces_before, _.pieces_after, _.bytes_before, _.bytes_after)
(_.p_adjusted, _.calibration_share, _.calibration_count, _.resumed, _.libraries)
(_.handling_before, _.handling_after, _.checkpoints, _.undated)

# Asked by the doors of chats; what runs in the loop must be held by somebody.
(_.relay, _._keeper)

# Commands of the ledger, which click calls.
(_.prove, _.tiles)

# The whole contract of the gear, held by tests and benchmarks; the desk waits for no
# gear to think things over.
(_.__call__, _.consider)

# Read by the server when it starts, and when it ends.
(_.handle_exit, _.timeout_graceful_shutdown)
