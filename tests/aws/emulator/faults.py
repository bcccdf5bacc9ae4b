"""Faults that a test orders, and what was called.

A rule: every key that it gives must fit the call, the first rule that applies wins.
    service, action   as in IAM: "iam", "GetAccountAuthorizationDetails"
    account           the account whose credentials the call carries
    role_arn          regular expression on the RoleArn of an assume
    after, times      leave the first N calls alone; apply N times, then never again
    percent           apply to so many of a hundred calls, evenly spread
    delay_ms          wait before answering
    code, status      answer with this error (status 400 unless given)
    message           its text; without it AWS's own text of AccessDenied for this very call,
    because           followed by this, e.g. " with an explicit deny in a service control policy"
    drop              close the connection without an answer
    truncate          send half of the answer, then close the connection
"""

import collections
import re
import threading

FITS = ("service", "action", "account")
KNOWN = {*FITS, "role_arn", "after", "times", "delay_ms", "code", "status", "message", "because", "drop", "percent", "truncate"}


class Rules:
    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []

    def add(self, rules):
        rules = rules if isinstance(rules, list) else [rules]
        for rule in rules:
            unknown = set(rule) - KNOWN
            if unknown:
                raise ValueError(f"unknown keys in a fault rule: {sorted(unknown)}")
        with self.lock:
            self.rules += [{**rule, "seen": 0, "hits": 0} for rule in rules]

    def clear(self):
        with self.lock:
            self.rules = []

    def show(self):
        with self.lock:
            return [dict(rule) for rule in self.rules]

    def match(self, call):
        """The rule that applies to this call, counted as a hit, or None."""
        with self.lock:
            for rule in self.rules:
                if any(name in rule and rule[name] != getattr(call, name) for name in FITS):
                    continue
                if "role_arn" in rule and not re.search(rule["role_arn"], call.params.get("RoleArn", "")):
                    continue
                rule["seen"] += 1
                spent = "times" in rule and rule["hits"] >= rule["times"]
                if spent or rule["seen"] <= rule.get("after", 0):
                    continue
                share = rule.get("percent", 100)
                if rule["seen"] * share // 100 == (rule["seen"] - 1) * share // 100:
                    continue
                rule["hits"] += 1
                return dict(rule)
        return None


class Statistics:
    """Calls by operation (`sts:AssumeRole`), account and status; every assume in full; the most calls at once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.in_flight = 0
        self.clear()

    def clear(self):
        with self.lock:
            self.by_call, self.by_account, self.by_status = (collections.Counter() for _ in range(3))
            self.by_account_and_call = collections.defaultdict(collections.Counter)
            self.assumes = []
            self.portal = []
            self.max_in_flight = 0

    def begin(self):
        with self.lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self, call, status):
        name = f"{call.service}:{call.action}"
        caller = call.caller() if call.action.startswith("AssumeRole") else None
        with self.lock:
            self.in_flight -= 1
            self.by_call[name] += 1
            self.by_account[call.account] += 1
            self.by_account_and_call[call.account][name] += 1
            self.by_status[str(status)] += 1
            if caller:
                self.assumes.append(
                    {
                        "caller": caller,
                        "role_arn": call.params.get("RoleArn"),
                        "session_name": call.params.get("RoleSessionName"),
                        "external_id": call.params.get("ExternalId"),
                        "session_policy": call.params.get("Policy"),
                        "status": status,
                    }
                )

    def show(self):
        with self.lock:
            return {
                "by_call": dict(self.by_call),
                "by_account": dict(self.by_account),
                "by_account_and_call": {k: dict(v) for k, v in self.by_account_and_call.items()},
                "by_status": dict(self.by_status),
                "assumes": list(self.assumes),
                "portal": list(self.portal),
                "max_in_flight": self.max_in_flight,
            }
