variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "functions" {
  description = "Functions by name: what each may do (functions.yaml)."
  type = map(object({
    description = string
    trigger     = string
    state       = string
    may         = set(string)
  }))
  validation {
    condition     = alltrue([for each in var.functions : contains(["reads", "writes"], each.state)])
    error_message = "functions.*.state: reads or writes."
  }
  validation {
    condition     = alltrue([for each in var.functions : length(setsubtract(each.may, ["resize_query", "see_query", "read_load", "keep_jobs", "run_workflows", "call_workflows_back"])) == 0])
    error_message = "functions.*.may: resize_query, see_query, read_load, keep_jobs, run_workflows, call_workflows_back."
  }
  validation {
    condition     = alltrue([for name in keys(var.functions) : length(name) <= 26])
    error_message = "functions: a service account's name has 30 characters at most, fn- included."
  }
}

variable "operators" {
  description = "Roles that operate functions (`operators` in topology.yaml): each gets a service account."
  type        = set(string)
  validation {
    condition     = alltrue([for each in var.operators : can(regex("^[a-z][a-z0-9_]{2,23}$", each))])
    error_message = "operators: 3 to 24 lower-case letters, digits and underscores: a service account's name has 30 characters, swell- included."
  }
}

variable "exports_traces" {
  description = "Whether functions write spans to Cloud Trace."
  type        = bool
  default     = false
}
