# The environment of every service, by the Settings class that has the field (shared/settings.py and its heirs).
# tests/deploy/test_terraform_facts.py holds both sides together: a name here is a field there, and a field there
# is a name here or is said to keep its default.

locals {
  buckets = { for region in local.regions : region => "${var.project_id}-swell-${region}" }

  environment = {
    for key, each in local.services : key => merge(merge([
      for class, values in {
        Settings = {
          SWELL_RUNTIME          = "google"
          SWELL_PROJECT          = var.project_id
          SWELL_DATABASE         = "(default)"
          SWELL_REGION           = each.region
          SWELL_BUCKETS          = jsonencode(local.buckets)
          SWELL_TRANSFER_BUCKETS = jsonencode(sort(var.transfer_buckets))
          SWELL_TRACE_EXPORTER   = var.trace_exporter
          SWELL_TRACE_RATIO      = tostring(var.trace_ratio)
        }
        CacheSettings = {
          SWELL_CACHE_DIR              = var.cache_disk_gb > 0 ? local.cache_dir : "/tmp/swell-cache"
          SWELL_CACHE_MAX_BYTES        = tostring(local.cache_bytes)
          SWELL_CACHE_MAX_MAPPED_BYTES = "2000000000"
        }
        EdgeSettings = {
          SWELL_ACCESS = "keys"
        }
        OperatorSettings = {
          SWELL_OPERATOR_IDENTITIES = jsonencode({ for role in lookup(local.functions[each.function], "operators", ["workflows"]) : role => module.identities.operators[role].email })
          SWELL_OPERATOR_AUDIENCE   = each.url
        }
        PushSettings = {
          SWELL_PUSH_IDENTITY = module.identities.push.email
          SWELL_PUSH_AUDIENCE = each.url
        }
        PlatformSettings = {
          SWELL_PLATFORM         = "google"
          SWELL_QUERY_SERVICE    = "query"
          SWELL_CONTROL_LOCATION = local.home
          SWELL_REGION_INSTANCES = var.most_instances == null ? null : tostring(var.most_instances)
        }
        QuerySettings = {
          SWELL_NEIGHBORS_CACHE = var.has_one_tenant ? "public" : "private"
        }
        StreamSettings = {
          SWELL_HOST      = "0.0.0.0"
          SWELL_PORT      = "8080"
          SWELL_GRPC_PORT = each.is_grpc ? tostring(each.port.number) : null
        }
        CoordinationSettings = {
          SWELL_REGION_URLS = length(var.domains) > 0 ? null : jsonencode({ for region in local.regions : region => local.url["query/${region}"] })
        }
        IngestSettings            = {}
        ThroughputSettings        = {}
        RampSettings              = {}
        AnswersSettings           = {}
        BudgetEnforcementSettings = {}
        IndexUpdateSettings       = {}
        ScalingSettings           = {}
        BurstPredictionSettings   = {}
        RegionSyncSettings = {
          SWELL_QUERY_URL = var.warms_regions ? local.url["query/${each.region}"] : null
        }
      } : { for name, value in values : name => value if value != null } if contains(local.facts[each.function].settings, class)
    ]...), local.every_process, lookup(var.tuning, each.function, {}))
  }

  # Not ours: how the process is started.
  every_process = {
    PYDANTIC_DISABLE_PLUGINS = "__all__" # looks through all installed packages for plug-ins at import
  }

  secret_environment = {
    for key, each in local.services : key => merge(
      lookup(local.facts[each.function], "shared_cache", false) && contains(var.cache_regions, each.region) ? {
        SWELL_REDIS_URL = one(module.cache[*].secrets[each.region])
      } : {},
      each.function == "region_sync" && var.warms_regions ? {
        SWELL_QUERY_KEY = google_secret_manager_secret.warming_key.secret_id
      } : {},
    )
  }

  cache_dir   = "/var/cache/swell"
  cache_bytes = var.cache_disk_gb > 0 ? floor(var.cache_disk_gb * 0.9 * 1073741824) : 2000000000
}
