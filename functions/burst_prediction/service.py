"""What burst prediction does when it is time, or when the calendar has changed: forecast, then plan."""

from functions.burst_prediction.forecasting import ForecastRegions
from functions.burst_prediction.planning import PlanRegions
from shared.events.crowds import CalendarChangedV1, ForecastDueV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock


class PredictBursts:
    """Takes both events alike: each says that what is known may have changed, and everything is read anew."""

    def __init__(self, forecast: ForecastRegions, plan: PlanRegions, clock: Clock) -> None:
        self._forecast = forecast
        self._plan = plan
        self._clock = clock

    def __call__(self, _: ForecastDueV1 | CalendarChangedV1) -> Outcome:
        """Forecast and plan as of now. Done twice, the second plan is the first."""
        now = self._clock.now()
        self._plan(self._forecast(now), now)
        return Outcome.DONE
