# What must hold between what is asked for and topology.yaml.

resource "terraform_data" "asked_for" {
  input = sort(local.regions)

  lifecycle {
    precondition {
      condition     = length(var.cache_regions) == 0 || var.egress_through_vpc
      error_message = "cache_regions: Memorystore has private addresses, so egress_through_vpc must be true."
    }
    precondition {
      condition     = !var.warms_regions || var.egress_through_vpc || length(var.domains) == 0
      error_message = "warms_regions: a region reaches its query function through our network only, so egress_through_vpc must be true."
    }
    precondition {
      condition     = length(setsubtract(keys(var.tuning), keys(local.functions))) == 0
      error_message = "tuning: functions of topology.yaml."
    }
    precondition {
      condition     = toset(keys(local.facts)) == toset(keys(local.functions))
      error_message = "functions.yaml and topology.yaml name different functions."
    }
    precondition {
      condition     = toset(local.in_order) == toset(keys(local.topology.regions))
      error_message = "topology.yaml: each region stands on a line of its own, followed by {tier: …."
    }
    precondition {
      condition     = alltrue([for path in local.cached_routes : anytrue([for route in local.functions["query"].routes : route.path == path && route.method == "GET"])])
      error_message = "cached_routes: GET routes of query."
    }
    precondition {
      condition     = upper(var.backup_location) != upper(local.home)
      error_message = "backup_location: backups beside what they are of are lost with it."
    }
  }
}
