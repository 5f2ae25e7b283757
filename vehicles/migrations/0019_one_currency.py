import django.contrib.postgres.constraints
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0012_columns")]
    operations = [
        migrations.AddConstraint(
            model_name="energyprice",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("vehicle", "="), ("owner_epoch", "="), ("currency", "<>")],
                name="the_prices_of_a_vehicle_are_in_one_currency",
            ),
        ),
    ]
